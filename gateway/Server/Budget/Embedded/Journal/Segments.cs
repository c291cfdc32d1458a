using System.Globalization;

namespace Gateway.Server.Budget.Embedded.Journal;

/// <summary>
/// The files of a journal: <c>ledger-0000000001.jsonl</c> and on. The highest number is written to, the others are only kept.
/// </summary>
internal sealed class Segments(string directory)
{
    private const string Prefix = "ledger-";
    private const string Suffix = ".jsonl";

    public string PathOf(long number) =>
        Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{number:D10}{Suffix}"));

    /// <summary>Numbers of what is there, in rising order.</summary>
    public long[] List() =>
    [
        .. Directory.EnumerateFiles(directory, Prefix + "*" + Suffix)
            .Select(path => Path.GetFileName(path)[Prefix.Length..^Suffix.Length])
            .Select(text => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
            .Where(number => number > 0)
            .Order(),
    ];

    /// <summary>When it was begun: what is in it was written later. Far in the future where its first line does not tell.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public DateTimeOffset Began(long number)
    {
        using var reader = new SegmentReader(PathOf(number));
        return reader.TryRead(out var line) && JournalLine.ReadTotals(line)?.Checkpoint is { } checkpoint
            ? checkpoint.Time
            : DateTimeOffset.MaxValue;
    }

    /// <summary>Brings to the disk which files there are.</summary>
    public void SyncEntries() => DirectoryEntries.Sync(directory);

    /// <summary>Deletes what was last written before the instant, never the newest. Returns how many.</summary>
    public int DeleteOlderThan(DateTimeOffset instant)
    {
        var old = List().SkipLast(1).Select(PathOf).Where(path => File.GetLastWriteTimeUtc(path) < instant.UtcDateTime).ToList();
        old.ForEach(File.Delete);
        return old.Count;
    }
}
