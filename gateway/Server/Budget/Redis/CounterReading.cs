using System.Collections.Immutable;
using Gateway.Contract;
using Gateway.Server.Config;
using Gateway.Server.Metering;
using Gateway.Server.Stores;

namespace Gateway.Server.Budget.Redis;

/// <summary>A budget's counters in its current period, as far as they have been read. Pure.</summary>
internal sealed class CounterReading(BudgetModel budget, CounterKind kind, DateTimeOffset now)
{
    /// <summary>The cursor that no page comes after.</summary>
    public const string Ends = "0";

    private readonly Dictionary<string, long> _fields = new(StringComparer.Ordinal);
    private readonly CounterKind.Span _span = kind.At(now);
    private string? _cursor;

    public BudgetModel Budget => budget;

    public bool IsWhole => _cursor == Ends;

    /// <summary>As <c>read.lua</c> takes it.</summary>
    public RespArgument[] Question => [budget.Id, kind.Definition, _span.Start, _cursor ?? Ends];

    /// <summary>One for the budget, or one for each key that has spent something.</summary>
    public ImmutableArray<BudgetCounter> Counters => !budget.PerKey
        ? [Of("")]
        : [.. _fields.Keys.Where(f => f.Length > 2).Select(f => f[..^2]).Distinct().Select(Of)];

    /// <summary>True: that was the last page.</summary>
    /// <param name="page">Where to go on, then fields and their values as <c>common.lua</c> says.</param>
    public bool Add(RespValue[] page)
    {
        var flat = page[1].List!;
        for (var i = 0; i + 1 < flat.Length; i += 2)
            _fields[flat[i].Text!] = flat[i + 1].Number;
        _cursor = page[0].Text;
        return IsWhole;
    }

    private BudgetCounter Of(string key) => new()
    {
        Budget = budget.Id,
        Key = budget.PerKey ? key : null,
        PeriodStart = _span.Period.End is null ? null : _span.Period.Start,
        PeriodEnd = _span.Period.End,
        Limit = Amount(budget.Limit),
        Settled = Amount(_fields.GetValueOrDefault(key + "#s")),
        Reserved = Amount(_fields.GetValueOrDefault(key + "#l")),
        Overshoot = Amount(_fields.GetValueOrDefault(key + "#o")),
    };

    private decimal Amount(long amount) => budget.CountsTokens ? amount : new Money(amount).ToDecimal();
}
