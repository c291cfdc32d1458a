using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.Metrics;

namespace Gateway.Metrics;

/// <summary>Counters, or gauges that we move ourselves.</summary>
public sealed class ScalarFamily : MetricFamily
{
    private readonly ConcurrentDictionary<string, Series> _series = new(StringComparer.Ordinal);

    public ScalarFamily(Meter meter, MetricKind kind, string name, MetricUnit unit, string help, params ImmutableArray<string> labelNames)
        : base(kind, name, unit, help, labelNames)
    {
        if (kind == MetricKind.Counter)
            meter.CreateObservableCounter(name, Measure, unit.Symbol, help);
        else
            meter.CreateObservableUpDownCounter(name, Measure, unit.Symbol, help);
    }

    /// <summary>The series for these label values, made when it is asked for first. To be kept by those who count often.</summary>
    public Series With(params ImmutableArray<string> labels) =>
        _series.GetOrAdd(string.Join(MetricRegistry.LabelSeparator, labels), static (_, l) => new(l), labels);

    public override void Prune(string labelName, Func<string, bool> keep)
    {
        var index = LabelNames.IndexOf(labelName);
        foreach (var (key, series) in _series)
        {
            if (!keep(series.Labels[index]))
                _series.TryRemove(key, out _);
        }
    }

    public override void Write(PrometheusText text)
    {
        text.Header(this);
        foreach (var series in _series.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => s.Value))
            text.Sample(this, series.Labels, Unit.Show(series.Value));
    }

    private IEnumerable<Measurement<decimal>> Measure() => _series.Values.Select(s => new Measurement<decimal>(
        Unit.Show(s.Value), s.Labels.Select((l, i) => new KeyValuePair<string, object?>(LabelNames[i], l))));
}
