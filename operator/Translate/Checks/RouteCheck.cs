using FluentValidation;
using Operator.Api;

namespace Operator.Translate.Checks;

/// <summary>Rules of a ModelRoute.</summary>
internal sealed class RouteCheck : AbstractValidator<ModelRoute>
{
    public RouteCheck(bool allowLoopback)
    {
        RuleFor(r => r.Spec)
            .Must(s => !s.Aliases.Contains(s.Model, StringComparer.Ordinal)).WithMessage(RuleMessages.AliasIsModel);
        RuleForEach(r => r.Spec.Fallbacks)
            .Must((r, name) => name != r.Spec.Model && !r.Spec.Aliases.Contains(name, StringComparer.Ordinal))
            .WithMessage("must not be a name of the route itself");
        RuleFor(r => r.Spec.Targets).Must(t => t.Any(one => one.Weight > 0)).WithMessage(RuleMessages.NoWeight);
        RuleForEach(r => r.Spec.Targets).SetValidator(new TargetCheck(allowLoopback));
    }
}
