using System.Buffers;
using System.Buffers.Text;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Gateway.Server.Budget.Embedded.Journal;

/// <summary>
/// The form of a line: one JSON object whose last member <c>crc</c> is the CRC-32C, in eight hex digits, of all bytes before that member.
/// So a line that was torn or changed is known as such, and any JSON tool can read the file.
/// </summary>
internal sealed class JournalLine : IDisposable
{
    private readonly ArrayBufferWriter<byte> _object = new(4096);
    private readonly ArrayBufferWriter<byte> _line = new(4096);
    private readonly Utf8JsonWriter _json;

    public JournalLine() => _json = new(_object, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private static ReadOnlySpan<byte> Intro => ",\"crc\":\""u8;

    private static ReadOnlySpan<byte> Outro => "\"}"u8;

    private static int TailLength => Intro.Length + 8 + Outro.Length;

    /// <summary>The line with its end, valid until the next call.</summary>
    public ReadOnlySpan<byte> Write(JournalRecord<LedgerRow> record)
    {
        _object.ResetWrittenCount();
        _json.Reset();
        JsonSerializer.Serialize(_json, record, JournalJson.Default.Record);
        var body = _object.WrittenSpan[..^1];
        _line.ResetWrittenCount();
        _line.Write(body);
        _line.Write(Intro);
        Utf8Formatter.TryFormat(Checksum(body), _line.GetSpan(8), out var digits, new('x', 8));
        _line.Advance(digits);
        _line.Write(Outro);
        _line.Write("\n"u8);
        return _line.WrittenSpan;
    }

    /// <summary>Null where the line, given without its end, is not as it was written.</summary>
    public static JournalRecord<LedgerRow>? Read(ReadOnlySpan<byte> line) => Read(line, JournalJson.Default.Record);

    /// <summary>As <see cref="Read(ReadOnlySpan{byte})"/>, without the parts of a row that do not count: about twice as fast.</summary>
    public static JournalRecord<RowTotals>? ReadTotals(ReadOnlySpan<byte> line) => Read(line, JournalJson.Default.RecordTotals);

    public void Dispose() => _json.Dispose();

    private static T? Read<T>(ReadOnlySpan<byte> line, JsonTypeInfo<T> type)
        where T : class
    {
        if (line.Length <= TailLength || !line.EndsWith(Outro))
            return null;
        var body = line[..^TailLength];
        var tail = line[body.Length..];
        if (!tail.StartsWith(Intro)
            || !Utf8Parser.TryParse(tail.Slice(Intro.Length, 8), out uint crc, out var digits, 'x')
            || digits != 8
            || crc != Checksum(body))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(line, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
            crc = BitOperations.Crc32C(crc, word);
        foreach (var rest in bytes[(words.Length * sizeof(ulong))..])
            crc = BitOperations.Crc32C(crc, rest);
        return ~crc;
    }
}
