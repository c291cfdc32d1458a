using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.Metrics;

namespace Gateway.Metrics;

/// <summary>Distributions with fixed buckets.</summary>
public sealed class HistogramFamily : MetricFamily
{
    private readonly ConcurrentDictionary<string, HistogramSeries> _series = new(StringComparer.Ordinal);
    private readonly Histogram<double> _instrument;

    /// <param name="meter">Owns the instrument.</param>
    /// <param name="name">With dots.</param>
    /// <param name="unit">Of the bounds.</param>
    /// <param name="help">One line.</param>
    /// <param name="bounds">Upper bounds, inclusive, rising.</param>
    /// <param name="labelNames">With dots.</param>
    public HistogramFamily(
        Meter meter, string name, MetricUnit unit, string help, ImmutableArray<decimal> bounds, params ImmutableArray<string> labelNames)
        : base(MetricKind.Histogram, name, unit, help, labelNames)
    {
        ShownBounds = bounds;
        Bounds = [.. bounds.Select(b => (long)(b * unit.RawPerUnit))];
        _instrument = meter.CreateHistogram<double>(
            name, unit.Symbol, help, advice: new() { HistogramBucketBoundaries = [.. bounds.Select(b => (double)b)] });
    }

    /// <summary>In the raw unit.</summary>
    internal long[] Bounds { get; }

    /// <summary>In the unit that is shown.</summary>
    public ImmutableArray<decimal> ShownBounds { get; }

    /// <inheritdoc cref="ScalarFamily.With"/>
    public HistogramSeries With(params ImmutableArray<string> labels) =>
        _series.GetOrAdd(
            string.Join(MetricRegistry.LabelSeparator, labels), static (_, a) => new(a.Family, a.Labels), (Family: this, Labels: labels));

    /// <summary>For a listener, when there is one.</summary>
    internal void Mirror(long raw, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (_instrument.Enabled)
            _instrument.Record((double)Unit.Show(raw), tags);
    }

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
            text.Histogram(this, series);
    }
}
