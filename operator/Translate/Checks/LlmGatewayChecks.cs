using FluentValidation;
using Operator.Api;

namespace Operator.Translate.Checks;

internal sealed class LlmGatewayChecks : AbstractValidator<LlmGateway>
{
    public LlmGatewayChecks()
    {
        RuleFor(g => g.Spec.Redis)
            .Null()
            .When(g => g.Spec.Postgres is null)
            .WithMessage("requires `postgres`, because Redis holds only counters and Postgres the ledger that they are rebuilt from");
        RuleFor(g => g.Spec.Replicas)
            .LessThanOrEqualTo(1)
            .When(g => g.Spec.Postgres is null)
            .WithMessage("may be above 1 only with `postgres`, because each replica would count budgets by itself");
        RuleFor(g => g.Spec.Autoscaling)
            .Null()
            .When(g => g.Spec.Postgres is null)
            .WithMessage("requires `postgres`, because each replica would count budgets by itself");
        RuleFor(g => g.Spec.Autoscaling)
            .Must(a => a!.MinReplicas <= a.MaxReplicas)
            .When(g => g.Spec.Autoscaling is not null)
            .WithMessage("must not have `minReplicas` above `maxReplicas`");
        RuleFor(g => g.Spec.Image)
            .Must(image => !image!.EndsWith(":latest", StringComparison.Ordinal))
            .When(g => g.Spec.Image is not null)
            .WithMessage("must not have the tag `latest`, because nobody could tell which version runs");
        RuleFor(g => g.Spec.Postgres)
            .Must(p => p!.SecretRef is null != p.CloudNativePg is null)
            .When(g => g.Spec.Postgres is not null)
            .WithMessage("must have exactly one of `secretRef` and `cloudNativePG`");
        RuleFor(g => g.Spec.Exposure)
            .Must(e => e!.GatewayApi is null != e.Ingress is null)
            .When(g => g.Spec.Exposure is not null)
            .WithMessage("must have exactly one of `gatewayAPI` and `ingress`");
        RuleFor(g => g.Spec.Storage)
            .Must(s => s!.PersistentVolumeClaim is null || s.EmptyDir is null)
            .When(g => g.Spec.Storage is not null)
            .WithMessage("may have only one of `persistentVolumeClaim` and `emptyDir`");
        RuleFor(g => g.Spec.AllowedKeys.Namespaces)
            .Must(n => n.From == NamespacesFrom.Selector == n.Selector is not null)
            .WithMessage("must have a `selector` with `from: Selector`, and only then");
        RuleForEach(g => g.Spec.AllowedKeys.Models).IsModelPattern();
    }
}
