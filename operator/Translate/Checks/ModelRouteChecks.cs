using FluentValidation;
using Operator.Api;

namespace Operator.Translate.Checks;

internal sealed class ModelRouteChecks : AbstractValidator<ModelRoute>
{
    public ModelRouteChecks()
    {
        RuleFor(r => r.Spec.Model).IsModelPattern();
        RuleForEach(r => r.Spec.Aliases).IsModelPattern();
        RuleFor(r => r.Spec.Aliases)
            .Must((route, aliases) => !aliases.Contains(route.Spec.Model, StringComparer.Ordinal))
            .WithMessage("must not hold `model` itself");
        RuleFor(r => r.Spec.Targets)
            .Must(targets => targets.Any(t => t.Weight > 0))
            .WithMessage("must have at least one target with a `weight` above 0");
        RuleForEach(r => r.Spec.Targets).SetValidator(new TargetChecks());
    }
}
