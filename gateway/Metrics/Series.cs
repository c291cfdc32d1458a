using System.Collections.Immutable;

namespace Gateway.Metrics;

/// <summary>One number under one set of label values. Callers keep it, so that counting costs one interlocked addition.</summary>
public sealed class Series(ImmutableArray<string> labels)
{
    private long _value;

    public ImmutableArray<string> Labels { get; } = labels;

    public long Value => Interlocked.Read(ref _value);

    public void Increment() => Interlocked.Increment(ref _value);

    public void Decrement() => Interlocked.Decrement(ref _value);

    public void Add(long amount)
    {
        if (amount != 0)
            Interlocked.Add(ref _value, amount);
    }

    public void Set(long value) => Interlocked.Exchange(ref _value, value);
}
