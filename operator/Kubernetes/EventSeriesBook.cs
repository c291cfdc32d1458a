using System.Globalization;
using Operator.Api;

namespace Operator.Kubernetes;

/// <summary>What was told already: decides for each event whether it is told, counted, or dropped. For one thread.</summary>
internal sealed class EventSeriesBook(EventOptions options, TimeProvider time)
{
    private const int MaxNamePrefix = 220;

    private readonly Dictionary<SeriesKey, Entry> _series = [];
    private readonly Dictionary<string, Bucket> _buckets = [];
    private long _number = time.GetUtcNow().UtcTicks;
    private long _sweptAt = time.GetTimestamp();

    /// <summary>What to do with an event that has happened now.</summary>
    public EventStep Next(EventText text)
    {
        Sweep();
        var key = SeriesKey.Of(text);
        if (_series.TryGetValue(key, out var entry))
            return Count(entry);
        if (!Take(key.Regarding))
            return new EventStep.Drop();
        var name = NewName(text.Regarding.Metadata.Name);
        var now = time.GetTimestamp();
        _series[key] = new() { Name = name, Count = 1, WrittenAt = now, SeenAt = now };
        return new EventStep.First(name);
    }

    /// <summary>The server has it no more.</summary>
    public void Forget(EventText text) => _series.Remove(SeriesKey.Of(text));

    /// <summary>The second one is told at once, the others once per interval.</summary>
    private EventStep.Again Count(Entry entry)
    {
        entry.Count++;
        entry.SeenAt = time.GetTimestamp();
        var isDue = entry.Count == 2 || time.GetElapsedTime(entry.WrittenAt) >= options.SeriesInterval / 2;
        if (isDue)
            entry.WrittenAt = entry.SeenAt;
        return new(entry, isDue);
    }

    private bool Take(string regarding)
    {
        var now = time.GetTimestamp();
        if (!_buckets.TryGetValue(regarding, out var bucket))
            _buckets[regarding] = bucket = new() { Tokens = options.Burst, FilledAt = now };
        var refilled = (int)(time.GetElapsedTime(bucket.FilledAt, now) / options.RefillInterval);
        if (refilled > 0)
        {
            bucket.Tokens = Math.Min(options.Burst, bucket.Tokens + refilled);
            bucket.FilledAt = now;
        }

        if (bucket.Tokens == 0)
            return false;
        bucket.Tokens--;
        return true;
    }

    /// <summary>Of objects that are long quiet or gone nothing is kept.</summary>
    private void Sweep()
    {
        if (time.GetElapsedTime(_sweptAt) < options.SeriesInterval)
            return;
        _sweptAt = time.GetTimestamp();
        foreach (var (key, entry) in _series)
        {
            if (time.GetElapsedTime(entry.SeenAt) >= options.SeriesInterval)
                _series.Remove(key);
        }

        foreach (var (key, bucket) in _buckets)
        {
            if (time.GetElapsedTime(bucket.FilledAt) >= options.RefillInterval * options.Burst)
                _buckets.Remove(key);
        }
    }

    private string NewName(string regarding)
    {
        var prefix = regarding.Length > MaxNamePrefix ? regarding[..MaxNamePrefix].TrimEnd('.', '-') : regarding;
        return string.Create(CultureInfo.InvariantCulture, $"{prefix}.{_number++:x}");
    }

    /// <summary>One series.</summary>
    internal sealed class Entry
    {
        public required string Name { get; init; }

        public int Count { get; set; }

        public long WrittenAt { get; set; }

        public long SeenAt { get; set; }
    }

    private sealed class Bucket
    {
        public int Tokens { get; set; }

        public long FilledAt { get; set; }
    }

    private readonly record struct SeriesKey(string Regarding, EventType Type, string Reason, string Action, string Note)
    {
        public static SeriesKey Of(EventText text) =>
            new(Id(text.Regarding), text.Type, text.Reason, text.Action, text.Note);

        private static string Id(KubernetesObject of) => $"{of.Kind}/{of.Id()}/{of.Metadata.Uid}";
    }
}

/// <summary>What to do with an event. A closed set.</summary>
internal abstract record EventStep
{
    /// <summary>It is new.</summary>
    public sealed record First(string Name) : EventStep;

    /// <summary>It has happened before; where it is due, the server is told how often.</summary>
    public sealed record Again(EventSeriesBook.Entry Series, bool IsDue) : EventStep;

    /// <summary>Its object has told too much lately.</summary>
    public sealed record Drop : EventStep;
}
