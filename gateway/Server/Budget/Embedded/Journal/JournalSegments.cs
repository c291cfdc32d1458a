using Gateway.Server.Budget.Files;

namespace Gateway.Server.Budget.Embedded.Journal;

/// <summary>The files of a journal: the highest number is written to, the others are only kept.</summary>
internal static class JournalSegments
{
    public static Segments In(string directory) => new(directory, "ledger");

    /// <summary>When it was begun: what is in it was written later. Far in the future where its first line does not tell.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static DateTimeOffset Began(this Segments segments, long number)
    {
        using var reader = new SegmentReader(segments.PathOf(number));
        return reader.TryRead(out var line) && JournalLine.ReadTotals(line)?.Checkpoint is { } checkpoint
            ? checkpoint.Time
            : DateTimeOffset.MaxValue;
    }

    /// <summary>Deletes what was last written before the instant, never the newest. Returns how many.</summary>
    public static int DeleteOlderThan(this Segments segments, DateTimeOffset instant)
    {
        var old = segments.List().SkipLast(1).Select(segments.PathOf)
            .Where(path => File.GetLastWriteTimeUtc(path) < instant.UtcDateTime).ToList();
        old.ForEach(File.Delete);
        return old.Count;
    }
}
