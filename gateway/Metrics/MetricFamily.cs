using System.Collections.Immutable;

namespace Gateway.Metrics;

/// <summary>
/// All series of one name. It is both an instrument of System.Diagnostics.Metrics, for whoever listens, and text for Prometheus. Series
/// are kept here and not in a listener: a listener looks its tags up at each measurement, which is several times dearer.
/// </summary>
public abstract class MetricFamily
{
    protected MetricFamily(MetricKind kind, string name, MetricUnit unit, string help, params ImmutableArray<string> labelNames)
    {
        Kind = kind;
        Name = name;
        Unit = unit;
        Help = help;
        LabelNames = labelNames;
        PrometheusName = ToPrometheus(kind, name, unit);
        PrometheusLabelNames = [.. labelNames.Select(Underscored)];
    }

    public MetricKind Kind { get; }

    /// <summary>As OpenTelemetry writes it, with dots.</summary>
    public string Name { get; }

    public MetricUnit Unit { get; }

    public string Help { get; }

    public ImmutableArray<string> LabelNames { get; }

    public string PrometheusName { get; }

    public ImmutableArray<string> PrometheusLabelNames { get; }

    public abstract void Write(PrometheusText text);

    /// <summary>Drops the series whose label values the caller does not want to keep.</summary>
    public virtual void Prune(string labelName, Func<string, bool> keep)
    {
    }

    /// <summary>
    /// By https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/ (unit and <c>_total</c> suffixes).
    /// </summary>
    private static string ToPrometheus(MetricKind kind, string name, MetricUnit unit)
    {
        var text = Underscored(name);
        if (unit.Suffix.Length > 0 && !text.EndsWith(unit.Suffix, StringComparison.Ordinal))
            text += unit.Suffix;
        return kind == MetricKind.Counter ? text + "_total" : text;
    }

    private static string Underscored(string name) => name.Replace('.', '_');
}

/// <summary>The three types of the Prometheus text format that we use.</summary>
public enum MetricKind
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>Series count in whole numbers of a raw unit; this says how many make one of the unit that is shown.</summary>
/// <param name="Symbol">UCUM, as OpenTelemetry wants it.</param>
/// <param name="Suffix">Of the name in Prometheus.</param>
/// <param name="RawPerUnit">1 where they are the same.</param>
public sealed record MetricUnit(string Symbol, string Suffix, long RawPerUnit)
{
    public static readonly MetricUnit One = new("1", "", 1);

    public static readonly MetricUnit Tokens = new("{token}", "", 1);

    public static readonly MetricUnit Bytes = new("By", "_bytes", 1);

    /// <summary>Kept in ticks of a <see cref="TimeSpan"/>.</summary>
    public static readonly MetricUnit Seconds = new("s", "_seconds", TimeSpan.TicksPerSecond);

    /// <summary>Kept in billionths of a currency unit.</summary>
    public static readonly MetricUnit Money = new("{currency}", "", 1_000_000_000);

    public decimal Show(long raw) => RawPerUnit == 1 ? raw : (decimal)raw / RawPerUnit;
}
