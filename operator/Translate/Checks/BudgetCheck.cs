using FluentValidation;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Translate.Checks;

/// <summary>
/// Rules of a Budget. Whether its scope may reach so far is no matter of its fields, see <see cref="BudgetTranslation"/>.
/// </summary>
internal sealed class BudgetCheck : AbstractValidator<Budget>
{
    public BudgetCheck()
    {
        RuleFor(b => b.Spec.Scope).Must(HasOneMember).WithMessage(RuleMessages.OneScope);
        RuleFor(b => b.Spec.Scope.VirtualKeySelector!).SetValidator(new LabelSelectorCheck());
        RuleFor(b => b.Spec.Scope.NamespaceSelector!).SetValidator(new LabelSelectorCheck());
        RuleFor(b => b.Spec.Scope.VirtualKeyRefs)
            .Must((b, refs) => refs is not { } names
                || names.Select(r => r.IdFrom(b)).Distinct(StringComparer.Ordinal).Count() == names.Length)
            .WithMessage("must not name a VirtualKey twice");
        RuleFor(b => b.Spec.Limit).Must(l => l.Cost is null != l.Tokens is null).WithMessage(RuleMessages.OneLimit);
        RuleFor(b => b.Spec.Limit.Cost!.Amount)
            .Must(a => Decimals.TryRead(a, out var amount) && amount <= SnapshotValidator.MaxCost).WithMessage(RuleMessages.MaxAmount)
            .When(b => b.Spec.Limit.Cost is not null);
        RuleFor(b => b.Spec.TimeZone)
            .Must(z => TimeZoneInfo.TryFindSystemTimeZoneById(z, out _))
                .WithMessage("`{PropertyValue}` is not the name of a zone in the IANA database");
    }

    private static bool HasOneMember(BudgetScope scope)
    {
        var selects = scope.VirtualKeySelector is not null || scope.NamespaceSelector is not null;
        return (scope.Gateway is not null ? 1 : 0) + (scope.VirtualKeyRefs is not null ? 1 : 0) + (selects ? 1 : 0) == 1;
    }
}
