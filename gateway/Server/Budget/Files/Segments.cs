using System.Globalization;

namespace Gateway.Server.Budget.Files;

/// <summary>The files of one log, such as <c>ledger-0000000001.jsonl</c> and on: the highest number is written to.</summary>
/// <param name="directory">Where they are.</param>
/// <param name="name">Of the log: <c>ledger</c>.</param>
internal sealed class Segments(string directory, string name)
{
    private const string Suffix = ".jsonl";

    private readonly string _prefix = name + "-";

    public string PathOf(long number) =>
        Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{_prefix}{number:D10}{Suffix}"));

    /// <summary>Numbers of what is there, in rising order.</summary>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    public long[] List() =>
    [
        .. Directory.EnumerateFiles(directory, _prefix + "*" + Suffix)
            .Select(path => Path.GetFileName(path)[_prefix.Length..^Suffix.Length])
            .Select(text => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
            .Where(number => number > 0)
            .Order(),
    ];

    /// <summary>Brings to the disk which files there are.</summary>
    /// <exception cref="IOException">The directory cannot be read, or the disk failed.</exception>
    public void SyncEntries() => DirectoryEntries.Sync(directory);
}
