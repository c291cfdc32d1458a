using System.Globalization;
using Gateway.Server.Budget.Embedded.Journal;
using Gateway.Server.Budget.Files;

namespace Gateway.Server.Budget.Embedded;

/// <summary>
/// Reports from the files of the journal, few at a time and each on a thread of its own: to read much of it takes a processor and a while.
/// Rows that are not written yet, of the last moments and of a disk that takes nothing, are not in it.
/// </summary>
internal sealed class JournalReports(Segments segments, EmbeddedSpendOptions options, TimeProvider time) : ISpendReports, IAsyncDisposable
{
    private const int LinesBetweenLooks = 4_096;
    private const int AtATime = 2;

    private readonly SemaphoreSlim _some = new(AtATime, AtATime);
    private readonly CancellationTokenSource _closing = new();

    public ValueTask<ReportOutcome<SpendReport>> SumAsync(SpendReportQuery query, CancellationToken cancellationToken) =>
        RunAsync(deadline => Sum(query, deadline), cancellationToken);

    public ValueTask<ReportOutcome<LedgerPage>> ListAsync(LedgerQuery query, CancellationToken cancellationToken) =>
        RunAsync(deadline => List(query, deadline), cancellationToken);

    /// <summary>Returns when no report reads any more.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_closing.IsCancellationRequested)
            return;
        await _closing.CancelAsync();
        for (var i = 0; i < AtATime; i++)
            await _some.WaitAsync();
        _some.Dispose();
        _closing.Dispose();
    }

    private async ValueTask<ReportOutcome<T>> RunAsync<T>(Func<Deadline, ReportOutcome<T>> report, CancellationToken cancellationToken)
        where T : class
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        if (!await _some.WaitAsync(options.ReportWait, ending.Token))
            return ReportFailure.Busy;
        try
        {
            return await Task.Factory.StartNew(
                () => report(new(time, options.ReportTime, ending.Token)),
                ending.Token,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ReportFailure.Unavailable;
        }
        finally
        {
            _some.Release();
        }
    }

    private ReportOutcome<SpendReport> Sum(SpendReportQuery query, Deadline deadline)
    {
        var filter = new RowFilter(query.Filter);
        var tally = new SpendTally(query.GroupBy);
        foreach (var number in Numbers(query.Filter))
        {
            if (Open(number) is not { } opened)
                continue;
            using var reader = opened;
            while (reader.TryRead(out var line))
            {
                if (reader.LineNumber % LinesBetweenLooks == 0 && deadline.IsOver())
                    return ReportFailure.TooLong;
                if (filter.Read(line) is { } row)
                    tally.Add(row);
                if (tally.Groups > SpendReportQuery.MostGroups)
                    return ReportFailure.TooManyGroups;
            }
        }

        return tally.Report();
    }

    /// <summary>From the last segment back. A page whose time is up ends early, with a cursor.</summary>
    private ReportOutcome<LedgerPage> List(LedgerQuery query, Deadline deadline)
    {
        var last = Position.End;
        if (query.Cursor is not null && !Position.TryParse(query.Cursor, out last))
            return ReportFailure.BadCursor;
        var filter = new RowFilter(query.Filter);
        var page = new List<LedgerRow>();
        foreach (var number in Numbers(query.Filter).Reverse().Where(n => n <= last.Segment))
        {
            if (deadline.IsOver())
                return new LedgerPage([.. page], new Position(number + 1, 0).ToString());
            var found = Last(number, number == last.Segment ? last.Offset : long.MaxValue, query.Limit - page.Count, filter);
            page.AddRange(found.Select(f => f.Row));
            if (page.Count == query.Limit)
                return new LedgerPage([.. page], new Position(number, found[^1].Offset).ToString());
        }

        return new LedgerPage([.. page], null);
    }

    /// <summary>The last rows of a segment before an offset, backwards.</summary>
    private List<(long Offset, LedgerRow Row)> Last(long number, long end, int count, RowFilter filter)
    {
        if (Open(number, end) is not { } opened)
            return [];
        using var reader = opened;
        var rows = new Queue<(long Offset, LedgerRow Row)>();
        for (var offset = 0L; reader.TryRead(out var line); offset = reader.Offset)
        {
            if (filter.Read(line) is not { } row)
                continue;
            rows.Enqueue((offset, row));
            if (rows.Count > count)
                rows.Dequeue();
        }

        return [.. rows.Reverse()];
    }

    /// <summary>A row is written when its call ends: whatever was written before the start is of calls that began before it.</summary>
    private IEnumerable<long> Numbers(SpendFilter filter)
    {
        var numbers = segments.List();
        var first = Array.FindLastIndex(numbers, number => Began(number) <= filter.Start);
        return numbers.Skip(first);
    }

    private DateTimeOffset Began(long number)
    {
        try
        {
            return segments.Began(number);
        }
        catch (FileNotFoundException)
        {
            return DateTimeOffset.MaxValue;
        }
    }

    /// <summary>Null where its retention has ended meanwhile.</summary>
    private SegmentReader? Open(long number, long end = long.MaxValue)
    {
        try
        {
            return new(segments.PathOf(number), end);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private readonly struct Deadline(TimeProvider time, TimeSpan limit, CancellationToken cancellationToken)
    {
        private readonly long _start = time.GetTimestamp();

        public bool IsOver()
        {
            cancellationToken.ThrowIfCancellationRequested();
            return time.GetElapsedTime(_start) >= limit;
        }
    }

    /// <summary>Where a row begins.</summary>
    private readonly record struct Position(long Segment, long Offset)
    {
        public static Position End => new(long.MaxValue, long.MaxValue);

        public static bool TryParse(string text, out Position position)
        {
            position = default;
            if (text.Split('.') is not [var segment, var offset]
                || !long.TryParse(segment, NumberStyles.None, CultureInfo.InvariantCulture, out var s)
                || !long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out var o))
                return false;
            position = new(s, o);
            return true;
        }

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Segment}.{Offset}");
    }
}
