using Gateway.Server.Budget.Files;

namespace Gateway.Server.Budget.Embedded.Journal;

/// <summary>Records as lines.</summary>
internal sealed class JournalLine : IDisposable
{
    private readonly ChecksummedLine _line = new();

    /// <summary>The line with its end, valid until the next call.</summary>
    public ReadOnlySpan<byte> Write(JournalRecord<LedgerRow> record) => _line.Write(record, JournalJson.Default.Record);

    /// <summary>Null where the line, given without its end, is not as it was written.</summary>
    public static JournalRecord<LedgerRow>? Read(ReadOnlySpan<byte> line) => ChecksummedLine.Read(line, JournalJson.Default.Record);

    /// <summary>As <see cref="Read"/>, without the parts of a row that do not count: about twice as fast.</summary>
    public static JournalRecord<RowTotals>? ReadTotals(ReadOnlySpan<byte> line) =>
        ChecksummedLine.Read(line, JournalJson.Default.RecordTotals);

    public void Dispose() => _line.Dispose();
}
