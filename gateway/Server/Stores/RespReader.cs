using System.Buffers.Text;
using System.Text;

namespace Gateway.Server.Stores;

/// <summary>
/// Reads answers as they come in, in pieces of any size: what was read of a list is not read again when the rest of it has come.
/// https://redis.io/docs/latest/develop/reference/protocol-spec/, version 2.
/// </summary>
internal sealed class RespReader
{
    private const int MaxLine = 64 * 1024;
    private const int MaxBytes = 64 * 1024 * 1024;
    private const int MaxItems = 4 * 1024 * 1024;
    private const int MaxDepth = 8;

    private readonly Stack<Open> _open = new();

    /// <summary>False: more must come. What was taken is cut off from <paramref name="data"/> in both cases.</summary>
    /// <exception cref="InvalidDataException">This is not what Redis answers.</exception>
    public bool TryRead(ref ReadOnlySpan<byte> data, out RespValue value)
    {
        while (TryReadOne(ref data, out value, out var items))
        {
            if (items > 0)
            {
                if (_open.Count == MaxDepth)
                    throw new InvalidDataException("lists in lists without end");
                _open.Push(new(new RespValue[items]));
            }
            else if (IsWhole(ref value))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Puts a value in its place, and a list that is full in its own.</summary>
    private bool IsWhole(ref RespValue value)
    {
        while (_open.TryPeek(out var list))
        {
            list.Items[list.Count++] = value;
            if (list.Count < list.Items.Length)
                return false;
            value = RespValue.Of(_open.Pop().Items);
        }

        return true;
    }

    /// <param name="data">Cut by what was taken.</param>
    /// <param name="value">Unless it is a list of some items.</param>
    /// <param name="items">That follow.</param>
    private static bool TryReadOne(ref ReadOnlySpan<byte> data, out RespValue value, out int items)
    {
        (value, items) = (RespValue.Null, 0);
        var end = data.IndexOf("\r\n"u8);
        if (end < 0)
            return data.Length <= MaxLine ? false : throw new InvalidDataException("a line without end");
        if (end == 0)
            throw new InvalidDataException("an empty line");
        var line = data[1..end];
        var rest = data[(end + 2)..];
        switch (data[0])
        {
            case (byte)'+':
                value = RespValue.Of(Encoding.UTF8.GetString(line));
                break;
            case (byte)'-':
                value = RespValue.Refused(Encoding.UTF8.GetString(line));
                break;
            case (byte)':':
                value = RespValue.Of(Number(line, long.MinValue, long.MaxValue));
                break;
            case (byte)'$':
                var length = (int)Number(line, -1, MaxBytes);
                if (length < 0)
                    break;
                if (rest.Length < length + 2)
                    return false;
                if (!rest[length..].StartsWith("\r\n"u8))
                    throw new InvalidDataException("a text that is longer than it says");
                value = RespValue.Of(Encoding.UTF8.GetString(rest[..length]));
                rest = rest[(length + 2)..];
                break;
            case (byte)'*':
                items = (int)Number(line, -1, MaxItems);
                if (items == 0)
                    value = RespValue.Of([]);
                break;
            default:
                throw new InvalidDataException("an unknown type");
        }

        data = rest;
        return true;
    }

    private static long Number(ReadOnlySpan<byte> digits, long least, long most) =>
        Utf8Parser.TryParse(digits, out long number, out var taken) && taken == digits.Length && number >= least && number <= most
            ? number
            : throw new InvalidDataException("not a number that can be");

    /// <summary>A list of which some items have not come.</summary>
    private sealed class Open(RespValue[] items)
    {
        public RespValue[] Items => items;

        public int Count { get; set; }
    }
}
