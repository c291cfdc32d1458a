using System.Collections.Immutable;
using System.Diagnostics.Metrics;

namespace Gateway.Metrics;

/// <summary>Numbers that somebody else keeps and that are read when they are asked for.</summary>
public sealed class ObservedFamily : MetricFamily
{
    private readonly Func<IEnumerable<Sample>> _read;

    public ObservedFamily(
        Meter meter,
        MetricKind kind,
        string name,
        MetricUnit unit,
        string help,
        ImmutableArray<string> labelNames,
        Func<IEnumerable<Sample>> read)
        : base(kind, name, unit, help, labelNames)
    {
        _read = read;
        if (kind == MetricKind.Counter)
            meter.CreateObservableCounter(name, Measure, unit.Symbol, help);
        else
            meter.CreateObservableGauge(name, Measure, unit.Symbol, help);
    }

    public override void Write(PrometheusText text)
    {
        text.Header(this);
        foreach (var sample in _read())
            text.Sample(this, sample.Labels, sample.Value);
    }

    private IEnumerable<Measurement<decimal>> Measure() => _read().Select(s => new Measurement<decimal>(
        s.Value, s.Labels.Select((l, i) => new KeyValuePair<string, object?>(LabelNames[i], l))));
}

/// <summary>A number in the unit that is shown, and its label values.</summary>
public readonly record struct Sample(decimal Value, params ImmutableArray<string> Labels);
