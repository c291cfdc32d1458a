using System.Globalization;
using System.Text;
using Gateway.Server.Budget.Embedded.Journal;

namespace Gateway.Server.Budget.Embedded;

/// <summary>
/// Finds the rows of a part of the ledger among the lines of a journal. To parse a line is what costs, so those that cannot match are told
/// by their bytes.
/// </summary>
internal sealed class RowFilter
{
    // To the second, the precision that every instant of a journal has: its texts sort as the instants do.
    private const string Seconds = "yyyy-MM-dd'T'HH:mm:ss";

    private readonly SpendFilter _filter;
    private readonly byte[] _start;
    private readonly byte[] _end;
    private readonly byte[][] _texts;

    public RowFilter(SpendFilter filter)
    {
        _filter = filter;
        _start = Text(filter.Start);
        _end = Text(filter.End);
        _texts = [.. new[] { filter.Key, filter.CallId, filter.Route }.OfType<string>().Where(IsPlain).Select(Encoding.UTF8.GetBytes)];
    }

    private static ReadOnlySpan<byte> StartedAt => "\"startedAt\":\""u8;

    /// <summary>Null where the line is no row that matches, or cannot be read.</summary>
    public LedgerRow? Read(ReadOnlySpan<byte> line) =>
        MayMatch(line) && JournalLine.Read(line)?.Row is { } row && Matches(row) ? row : null;

    private bool MayMatch(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith("{\"row\":"u8))
            return false;
        var at = line.IndexOf(StartedAt);
        if (at < 0 || line.Length < at + StartedAt.Length + _start.Length)
            return false;
        var text = line.Slice(at + StartedAt.Length, _start.Length);
        if (text.SequenceCompareTo(_start) < 0 || text.SequenceCompareTo(_end) > 0)
            return false;
        foreach (var wanted in _texts)
        {
            if (line.IndexOf(wanted) < 0)
                return false;
        }

        return true;
    }

    private bool Matches(LedgerRow row) =>
        row.StartedAt >= _filter.Start
        && row.StartedAt < _filter.End
        && Is(_filter.Key, row.Key)
        && Is(_filter.CallId, row.CallId)
        && Is(_filter.Model, row.Model)
        && Is(_filter.Route, row.Route)
        && Is(_filter.EndUser, row.Facts.EndUser)
        && Is(_filter.Session, row.Facts.Session)
        && (_filter.Status is not { } status || row.Status == status)
        && (_filter.Tag is not { } tag || row.Facts.Tags.Contains(tag))
        && _filter.Attribution.All(a => Is(a.Value, row.Facts.Attribution.GetValueOrDefault(a.Key)));

    private static bool Is(string? wanted, string? actual) => wanted is null || string.Equals(wanted, actual, StringComparison.Ordinal);

    /// <summary>True for text that JSON writes as it is.</summary>
    private static bool IsPlain(string text) => text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '/' or '_');

    private static byte[] Text(DateTimeOffset instant) =>
        Encoding.ASCII.GetBytes(instant.UtcDateTime.ToString(Seconds, CultureInfo.InvariantCulture));
}
