using System.Collections.Immutable;

namespace Gateway.Metrics;

/// <summary>A distribution under one set of label values. Bounds and values are in the raw unit of its family.</summary>
public sealed class HistogramSeries(HistogramFamily family, ImmutableArray<string> labels)
{
    private readonly long[] _buckets = new long[family.Bounds.Length + 1];
    private readonly KeyValuePair<string, object?>[] _tags =
        [.. labels.Select((l, i) => new KeyValuePair<string, object?>(family.LabelNames[i], l))];

    private long _sum;

    public ImmutableArray<string> Labels { get; } = labels;

    public long Sum => Interlocked.Read(ref _sum);

    public void Record(long value)
    {
        var bounds = family.Bounds;
        var i = 0;
        while (i < bounds.Length && value > bounds[i])
            i++;
        Interlocked.Increment(ref _buckets[i]);
        Interlocked.Add(ref _sum, value);
        family.Mirror(value, _tags);
    }

    public void Record(TimeSpan duration) => Record(Math.Max(0, duration.Ticks));

    /// <summary>How many fell into each bucket, the one above all bounds last. Not cumulative.</summary>
    public long[] ReadBuckets()
    {
        var copy = new long[_buckets.Length];
        for (var i = 0; i < copy.Length; i++)
            copy[i] = Interlocked.Read(ref _buckets[i]);
        return copy;
    }
}
