using Gateway.Contract;
using Gateway.Server.Config;

namespace Gateway.Server.Budget.Redis;

/// <summary>What <see cref="BudgetModel.CounterDefinition"/> says: enough to count under a definition that another replica has put in force.</summary>
internal sealed class CounterKind
{
    // Counters outlive their period by the longest call and by a clock that is set back.
    private static readonly TimeSpan s_grace = TimeSpan.FromHours(25);

    private readonly BudgetPeriod _kind;
    private readonly TimeZoneInfo _zone;
    private volatile Span? _span;

    private CounterKind(string definition, BudgetPeriod kind, TimeZoneInfo zone, bool perKey, ChargeUnit unit)
    {
        Definition = definition;
        _kind = kind;
        _zone = zone;
        PerKey = perKey;
        Unit = unit;
    }

    public string Definition { get; }

    public bool PerKey { get; }

    public ChargeUnit Unit { get; }

    /// <summary>As the scripts write it.</summary>
    public string UnitText => Unit == ChargeUnit.Tokens ? "t" : "n";

    /// <summary>Null: written by a gateway that knows more than this one.</summary>
    public static CounterKind? Parse(string definition)
    {
        var parts = definition.Split('|');
        return parts.Length == 4
            && Enum.TryParse<BudgetPeriod>(parts[0], out var kind)
            && TimeZoneInfo.TryFindSystemTimeZoneById(parts[1], out var zone)
                ? new(definition, kind, zone, parts[2] == "PerKey", parts[3] == "tokens" ? ChargeUnit.Tokens : ChargeUnit.Nanos)
                : null;
    }

    public static CounterKind Of(BudgetModel budget) => new(
        budget.CounterDefinition, budget.Period, budget.TimeZone, budget.PerKey, budget.CountsTokens ? ChargeUnit.Tokens : ChargeUnit.Nanos);

    public Span At(DateTimeOffset now)
    {
        if (_span is { } span && span.Period.Holds(now))
            return span;
        return _span = new(Periods.At(_kind, _zone, now));
    }

    public long Amount(long cost, long tokens) => Unit == ChargeUnit.Tokens ? tokens : cost;

    public string Field(string keyId) => PerKey ? keyId : "";

    /// <summary>A period, as the scripts are told of it.</summary>
    internal sealed class Span(Period period)
    {
        public Period Period => period;

        public string Start { get; } = Text(StoreClock.Micros(period.Start));

        /// <summary>Empty: it has none.</summary>
        public string End { get; } = period.End is { } end ? Text(StoreClock.Micros(end)) : "";

        /// <summary>When its counters may be forgotten; 0: never.</summary>
        public string Expires { get; } = period.End is { } end ? Text(StoreClock.Micros(end + s_grace)) : "0";

        private static string Text(long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }
}
