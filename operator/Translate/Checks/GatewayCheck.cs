using System.Net;
using FluentValidation;
using Operator.Api;

namespace Operator.Translate.Checks;

/// <summary>Rules of an LlmGateway.</summary>
internal sealed class GatewayCheck : AbstractValidator<LlmGateway>
{
    private const double MiB = 1024 * 1024;

    public GatewayCheck()
    {
        RuleFor(g => g.Metadata.Name).Must(n => IsServiceName(n)).WithMessage(RuleMessages.GatewayName);
        CheckTier();
        CheckPods();
        CheckUnions();
        RuleFor(g => g.Spec.Storage!)
            .Must((g, s) => FitsItsVolume(g.Spec, s))
            .WithMessage(
                "`spoolMaxMiB`, with `redis` twice that, must not be above the size of the volume, because what waits there would not fit")
            .When(g => g.Spec is { Storage: not null, Postgres: not null });
        RuleFor(g => g.Spec.Alerts!.Webhook!.Url)
            .Custom((url, context) =>
            {
                foreach (var problem in UpstreamUrl.Problems(url, allowLoopback: true, allowQuery: true))
                    context.AddFailure(problem);
            })
            .When(g => g.Spec.Alerts?.Webhook is not null);
        RuleFor(g => g.Spec.AllowedKeys.Namespaces)
            .Must(n => n.From == NamespacesFrom.Selector == n.Selector is not null)
            .WithMessage(RuleMessages.SelectorWithFrom);
        RuleFor(g => g.Spec.AllowedKeys.Namespaces.Selector!).SetValidator(new LabelSelectorCheck());
        RuleFor(g => g.Spec.Defaults.Timeouts).SetValidator(new TimeoutsCheck());
        RuleForEach(g => g.Spec.NetworkPolicy.IngressFrom).SetValidator(new PeerCheck());
    }

    private void CheckTier()
    {
        RuleFor(g => g.Spec).Must(s => s.Redis is null || s.Postgres is not null).WithMessage(RuleMessages.RedisRequiresPostgres);
        RuleFor(g => g.Spec).Must(s => s.Replicas <= 1 || s.Postgres is not null).WithMessage(RuleMessages.ReplicasRequirePostgres);
        RuleFor(g => g.Spec)
            .Must(s => s.Autoscaling is null || s.Postgres is not null)
            .WithMessage(RuleMessages.AutoscalingRequiresPostgres);
    }

    private void CheckPods()
    {
        RuleFor(g => g.Spec.Image!)
            .Must(i => !i.EndsWith(":latest", StringComparison.Ordinal)).WithMessage(RuleMessages.ImageNotLatest)
            .Must(HasTagOrDigest).WithMessage("must have a tag or a digest, because without one it means the tag `latest`")
            .When(g => g.Spec.Image is not null);
        RuleFor(g => g.Spec.Autoscaling!)
            .Must(a => a.MinReplicas <= a.MaxReplicas).WithMessage(RuleMessages.MinAboveMaxReplicas)
            .When(g => g.Spec.Autoscaling is not null);
    }

    private void CheckUnions()
    {
        RuleFor(g => g.Spec.Storage!)
            .Must(s => s.PersistentVolumeClaim is null || s.EmptyDir is null).WithMessage(RuleMessages.OneStorage)
            .When(g => g.Spec.Storage is not null);
        RuleFor(g => g.Spec.Exposure!)
            .Must(e => e.GatewayApi is null != e.Ingress is null).WithMessage(RuleMessages.OneExposure)
            .When(g => g.Spec.Exposure is not null);
        RuleFor(g => g.Spec.Postgres!)
            .Must(p => p.SecretRef is null != p.CloudNativePg is null).WithMessage(RuleMessages.OnePostgres)
            .When(g => g.Spec.Postgres is not null);
    }

    private static bool IsServiceName(string name) =>
        name.Length <= 50 && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
        && char.IsAsciiLetterLower(name[0]) && name[^1] != '-';

    /// <summary>A pod whose emptyDir grows beyond its limit is evicted, and takes along what waits there.</summary>
    private static bool FitsItsVolume(LlmGatewaySpec spec, StorageSpec storage)
    {
        var size = storage.PersistentVolumeClaim?.Size ?? (storage.EmptyDir ?? new()).SizeLimit;
        return Quantity.Parse(size) is not { } bytes || storage.SpoolMaxMiB * (spec.Redis is null ? 1 : 2) * MiB <= bytes;
    }

    private static bool HasTagOrDigest(string image) =>
        image[(image.LastIndexOf('/') + 1)..].AsSpan().ContainsAny(':', '@');

    private sealed class PeerCheck : AbstractValidator<NetworkPolicyPeer>
    {
        public PeerCheck()
        {
            RuleFor(p => p)
                .Must(p => p.IpBlock is not null != (p.NamespaceSelector is not null || p.PodSelector is not null))
                .WithMessage(RuleMessages.OnePeer);
            RuleFor(p => p.NamespaceSelector!).SetValidator(new LabelSelectorCheck());
            RuleFor(p => p.PodSelector!).SetValidator(new LabelSelectorCheck());
            RuleFor(p => p.IpBlock!.Cidr)
                .Must(c => IPNetwork.TryParse(c, out _)).WithMessage("must be a block of addresses, as 10.0.0.0/8")
                .When(p => p.IpBlock is not null);
            RuleForEach(p => p.IpBlock!.Except)
                .Must((p, c) => IsInside(c, p.IpBlock!.Cidr)).WithMessage("must be a block inside of `cidr`")
                .When(p => p.IpBlock is not null);
        }

        private static bool IsInside(string inner, string outer) =>
            IPNetwork.TryParse(inner, out var a)
                && (!IPNetwork.TryParse(outer, out var b) || (b.Contains(a.BaseAddress) && a.PrefixLength > b.PrefixLength));
    }
}
