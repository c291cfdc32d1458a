using FluentValidation;
using Operator.Api;

namespace Operator.Translate.Checks;

internal sealed class VirtualKeyChecks : AbstractValidator<VirtualKey>
{
    public VirtualKeyChecks()
    {
        RuleForEach(k => k.Spec.Models).IsModelPattern();
        RuleFor(k => k.Spec.Rotation)
            .Null()
            .When(k => k.Spec.ValueFrom is not null)
            .WithMessage("may not be specified when `valueFrom` is, because that key is not ours to change");
        RuleFor(k => k.Spec.Rotation)
            .Must(r => r!.OverlapSeconds < r.PeriodSeconds)
            .When(k => k.Spec.Rotation is not null)
            .WithMessage("must have `overlapSeconds` below `periodSeconds`");
        RuleFor(k => k.Spec.Secret)
            .Must((key, secret) => (secret.Name ?? key.Metadata.Name + "-key") != key.Spec.ValueFrom!.SecretRef.Name)
            .When(k => k.Spec.ValueFrom is not null)
            .WithMessage("must not name the Secret that `valueFrom` reads");
    }
}
