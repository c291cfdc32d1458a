using System.Collections.Immutable;
using System.Diagnostics.Metrics;

namespace Gateway.Metrics;

/// <summary>Makes families and writes them all, in the order in which they were made.</summary>
/// <param name="meterName">Of the <see cref="Meter"/> that owns their instruments.</param>
public sealed class MetricRegistry(string meterName) : IDisposable
{
    /// <summary>Between label values in the key of a series; a control character that no name may hold.</summary>
    public const char LabelSeparator = '\u001f';

    private readonly Meter _meter = new(meterName);
    private ImmutableArray<MetricFamily> _families = [];

    public ScalarFamily Counter(string name, MetricUnit unit, string help, params ImmutableArray<string> labelNames) =>
        Add(new ScalarFamily(_meter, MetricKind.Counter, name, unit, help, labelNames));

    public ScalarFamily Gauge(string name, MetricUnit unit, string help, params ImmutableArray<string> labelNames) =>
        Add(new ScalarFamily(_meter, MetricKind.Gauge, name, unit, help, labelNames));

    public HistogramFamily Histogram(
        string name, MetricUnit unit, string help, ImmutableArray<decimal> bounds, params ImmutableArray<string> labelNames) =>
        Add(new HistogramFamily(_meter, name, unit, help, bounds, labelNames));

    /// <summary>One number that somebody else keeps.</summary>
    public void Observe(MetricKind kind, string name, MetricUnit unit, string help, Func<decimal> read) =>
        Observe(kind, name, unit, help, [], () => [new Sample(read())]);

    /// <summary>Many of them.</summary>
    public void Observe(
        MetricKind kind, string name, MetricUnit unit, string help, ImmutableArray<string> labelNames, Func<IEnumerable<Sample>> read) =>
        Add(new ObservedFamily(_meter, kind, name, unit, help, labelNames, read));

    /// <summary>Drops every series whose value of this label is not to be kept.</summary>
    public void Prune(string labelName, Func<string, bool> keep)
    {
        foreach (var family in _families)
        {
            if (family.LabelNames.Contains(labelName))
                family.Prune(labelName, keep);
        }
    }

    public string Write()
    {
        var text = new PrometheusText();
        foreach (var family in _families)
            family.Write(text);
        return text.ToString();
    }

    public void Dispose() => _meter.Dispose();

    private T Add<T>(T family)
        where T : MetricFamily
    {
        ImmutableInterlocked.Update(ref _families, static (all, one) => all.Add(one), (MetricFamily)family);
        return family;
    }
}
