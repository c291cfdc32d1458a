using Gateway.Server.Metering;

namespace Gateway.Server.Flow;

/// <summary>What is owed for attempts that brought no answer.</summary>
/// <param name="Amount">In <paramref name="Currency"/>.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="IsPart">True where there is more, in a currency that cannot be added to this one.</param>
internal sealed record LostCost(Money Amount, string Currency, bool IsPart = false)
{
    public static LostCost Add(LostCost? before, Money amount, string currency)
    {
        if (before is null)
            return new(amount, currency);
        return before.IsIn(currency) ? before with { Amount = before.Amount + amount } : before with { IsPart = true };
    }

    public bool IsIn(string? currency) => string.Equals(Currency, currency, StringComparison.Ordinal);
}
