using FluentValidation;
using Operator.Api;

namespace Operator.Translate.Checks;

/// <summary>Rules of a VirtualKey.</summary>
internal sealed class KeyCheck : AbstractValidator<VirtualKey>
{
    public KeyCheck()
    {
        RuleFor(k => k).Must(k => k.SecretName().Length <= 253).WithMessage(RuleMessages.KeyNameTooLong);
        RuleFor(k => k.Spec).Must(s => s.ValueFrom is null || s.Rotation is null).WithMessage(RuleMessages.RotationOfValueFrom);
        RuleFor(k => k.Spec)
            .Must((key, s) => s.ValueFrom?.SecretRef.Name != key.SecretName()).WithMessage(RuleMessages.SecretIsSource);
        RuleFor(k => k.Spec.Rotation!)
            .Must(r => r.OverlapSeconds < r.PeriodSeconds).WithMessage(RuleMessages.OverlapAbovePeriod)
            .When(k => k.Spec.Rotation is not null);
        RuleFor(k => k.Spec.Secret.Labels)
            .Must(labels => !labels.Keys.Any(IsReserved)).WithMessage("must not set labels of the operator");
    }

    private static bool IsReserved(string label) =>
        label is "app.kubernetes.io/managed-by" || label.StartsWith(ResourceGroup.Name + "/", StringComparison.Ordinal);
}
