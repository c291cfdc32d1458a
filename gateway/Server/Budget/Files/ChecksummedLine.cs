using System.Buffers;
using System.Buffers.Text;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Gateway.Server.Budget.Files;

/// <summary>
/// The form of a line: one JSON object whose last member <c>crc</c> is the CRC-32C, in eight hex digits, of all bytes before that member.
/// So a line that was torn or changed is known as such, and any JSON tool can read the file.
/// </summary>
internal sealed class ChecksummedLine : IDisposable
{
    private readonly ArrayBufferWriter<byte> _object = new(4096);
    private readonly ArrayBufferWriter<byte> _line = new(4096);
    private readonly Utf8JsonWriter _json;

    public ChecksummedLine() => _json = new(_object, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private static ReadOnlySpan<byte> Intro => ",\"crc\":\""u8;

    private static ReadOnlySpan<byte> Outro => "\"}"u8;

    private static int TailLength => Intro.Length + 8 + Outro.Length;

    /// <summary>The line with its end, valid until the next call. The value is an object with one member or more.</summary>
    public ReadOnlySpan<byte> Write<T>(T value, JsonTypeInfo<T> type)
    {
        _object.ResetWrittenCount();
        _json.Reset();
        JsonSerializer.Serialize(_json, value, type);
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
    public static T? Read<T>(ReadOnlySpan<byte> line, JsonTypeInfo<T> type)
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

    public void Dispose() => _json.Dispose();

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
