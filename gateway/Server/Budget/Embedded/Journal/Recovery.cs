using System.Collections.Immutable;
using Gateway.Server.Budget.Files;

namespace Gateway.Server.Budget.Embedded.Journal;

/// <summary>What a journal says at the start.</summary>
/// <remarks>
/// Lines that cannot be read at the end were torn by a crash: they are cut off. One in the middle is skipped and reported, and the rest
/// counts: every row of the ledger is complete in itself, so what is lost is that one line. To refuse the start would take a whole gateway
/// down for it.
/// </remarks>
internal sealed class Recovery
{
    private readonly SpendBook _book = new();
    private readonly ImmutableArray<BadLine>.Builder _badLines = ImmutableArray.CreateBuilder<BadLine>();

    public SpendBook Book => _book;

    /// <summary>The segment to go on in.</summary>
    public long Segment { get; private set; } = 1;

    /// <summary>Where its last good line ends.</summary>
    public long Length { get; private set; }

    /// <summary>What is behind that, in bytes.</summary>
    public long TornBytes { get; private set; }

    public ImmutableArray<BadLine> BadLines => _badLines.ToImmutable();

    /// <summary>True where the newest segment alone would not tell it again.</summary>
    public bool NeedsCheckpoint { get; private set; }

    /// <exception cref="InvalidDataException">A newer gateway wrote it.</exception>
    public static Recovery Read(Segments segments)
    {
        var recovery = new Recovery();
        var numbers = segments.List();
        var first = Array.FindLastIndex(numbers, number => StartsWithCheckpoint(segments.PathOf(number)));
        recovery.NeedsCheckpoint = first != numbers.Length - 1;
        foreach (var number in numbers.Skip(Math.Max(first, 0)))
            recovery.Replay(segments.PathOf(number), number, isNewest: number == numbers[^1]);
        recovery.NeedsCheckpoint |= recovery._badLines.Count > 0;
        return recovery;
    }

    private static bool StartsWithCheckpoint(string path)
    {
        using var reader = new SegmentReader(path);
        return reader.TryRead(out var line) && JournalLine.ReadTotals(line)?.Checkpoint is not null;
    }

    private void Replay(string path, long number, bool isNewest)
    {
        using var reader = new SegmentReader(path);
        var bad = new List<int>();
        Segment = number;
        Length = TornBytes = 0;
        while (reader.TryRead(out var line))
        {
            if (JournalLine.ReadTotals(line) is not { } record)
            {
                bad.Add(reader.LineNumber);
                continue;
            }

            Apply(record);
            _badLines.AddRange(bad.Select(n => new BadLine(path, n)));
            bad.Clear();
            Length = reader.Offset;
        }

        TornBytes = reader.End - Length;
        if (!isNewest)
            _badLines.AddRange(bad.Select(n => new BadLine(path, n)));
    }

    private void Apply(JournalRecord<RowTotals> record)
    {
        if (record.Checkpoint is { } checkpoint)
            JournalBook.Restore(_book, checkpoint);
        else if (record.Define is { } definition)
            JournalBook.Define(_book, definition);
        else if (record.Open is { } open && _book.Call(open.Number) is null)
            _book.Open(JournalBook.Call(_book, open));
        else if (record.Row is { } row)
            _book.Apply(row);
        else if (record.Accrue is { } accrued)
            Accrue(accrued);
        else if (record.Cancel is { } cancelled && _book.Call(cancelled) is { } call)
            _book.Cancel(call);
    }

    private void Accrue(ImmutableArray<Accrued> accrued)
    {
        foreach (var (number, cost, tokens) in accrued)
        {
            if (_book.Call(number) is { } call && call.Accrue(cost, tokens))
                SpendBook.Raise(call);
        }
    }
}

/// <summary>A line that could not be read.</summary>
internal sealed record BadLine(string Path, int Number);
