using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Gateway.Server.Stores;

/// <summary>One word of a command: text, bytes or a number.</summary>
internal readonly struct RespArgument
{
    private const int MaxDigits = 20;

    private readonly object? _data;
    private readonly long _number;

    private RespArgument(object? data, long number) => (_data, _number) = (data, number);

    public static implicit operator RespArgument(string text) => new(text, 0);

    public static implicit operator RespArgument(byte[] bytes) => new(bytes, 0);

    public static implicit operator RespArgument(long number) => new(null, number);

    /// <summary>A command is an array of bulk strings: https://redis.io/docs/latest/develop/reference/protocol-spec/.</summary>
    /// <param name="writer">Where it goes.</param>
    /// <param name="head">Its first words.</param>
    /// <param name="rest">All others.</param>
    public static void Write(IBufferWriter<byte> writer, ReadOnlySpan<RespArgument> head, ReadOnlySpan<RespArgument> rest)
    {
        WriteLine(writer, (byte)'*', head.Length + rest.Length);
        foreach (var argument in head)
            argument.Write(writer);
        foreach (var argument in rest)
            argument.Write(writer);
    }

    private void Write(IBufferWriter<byte> writer)
    {
        switch (_data)
        {
            case string text:
                var count = Encoding.UTF8.GetByteCount(text);
                WriteLine(writer, (byte)'$', count);
                writer.Advance(Encoding.UTF8.GetBytes(text, writer.GetSpan(count)));
                break;
            case byte[] bytes:
                WriteLine(writer, (byte)'$', bytes.Length);
                writer.Write(bytes);
                break;
            default:
                Span<byte> digits = stackalloc byte[MaxDigits];
                Utf8Formatter.TryFormat(_number, digits, out var length);
                WriteLine(writer, (byte)'$', length);
                writer.Write(digits[..length]);
                break;
        }

        writer.Write("\r\n"u8);
    }

    private static void WriteLine(IBufferWriter<byte> writer, byte type, int number)
    {
        var span = writer.GetSpan(MaxDigits);
        span[0] = type;
        Utf8Formatter.TryFormat(number, span[1..], out var length);
        "\r\n"u8.CopyTo(span[(1 + length)..]);
        writer.Advance(length + 3);
    }
}
