using System.Globalization;
using FluentValidation;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Translate.Checks;

internal sealed class BudgetChecks : AbstractValidator<Budget>
{
    public BudgetChecks()
    {
        RuleFor(b => b.Spec.Scope)
            .Must(HasOneMember)
            .WithMessage("must have exactly one of `gateway`, `virtualKeyRefs`, or `virtualKeySelector` and/or `namespaceSelector`");
        RuleFor(b => b.Spec.Limit)
            .Must(l => l.Cost is null != l.Tokens is null)
            .WithMessage("must have exactly one of `cost` and `tokens`");
        RuleFor(b => b.Spec.Limit.Cost!.Amount)
            .Must(IsAmount)
            .When(b => b.Spec.Limit.Cost is not null)
            .WithMessage("must be a decimal from 0 to 9000000 with at most nine digits after the point");
        RuleFor(b => b.Spec.TimeZone)
            .Must(zone => TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _))
            .WithMessage("must be the name of a zone in the IANA database, as Europe/Berlin");
        RuleForEach(b => b.Spec.Models).IsModelPattern();
    }

    private static bool HasOneMember(BudgetScope scope)
    {
        var selectors = scope.VirtualKeySelector is not null || scope.NamespaceSelector is not null;
        return (scope.Gateway is not null ? 1 : 0) + (scope.VirtualKeyRefs is not null ? 1 : 0) + (selectors ? 1 : 0) == 1;
    }

    private static bool IsAmount(string text) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)
        && amount is >= 0 and <= SnapshotValidator.MaxCost
        && amount == decimal.Round(amount, 9);
}
