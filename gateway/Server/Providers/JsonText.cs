using System.Globalization;
using System.Text.Json;

namespace Gateway.Server.Providers;

/// <summary>Measures strings by what they say, in bytes of UTF-8: some servers escape more than others, or in streams alone.</summary>
internal static class JsonText
{
    /// <param name="reader">On a string.</param>
    public static long Bytes(ref Utf8JsonReader reader) =>
        reader.ValueIsEscaped ? Unescaped(reader.ValueSpan, escapes: 0) : reader.ValueSpan.Length;

    /// <summary>As JSON that escapes no more than it must.</summary>
    /// <param name="reader">On a string or a name.</param>
    public static long BytesEscaped(ref Utf8JsonReader reader) =>
        reader.ValueIsEscaped ? Unescaped(reader.ValueSpan, escapes: 1) : reader.ValueSpan.Length;

    /// <param name="raw">Between the quotes.</param>
    /// <param name="escapes">Bytes that each escape of an ASCII character adds.</param>
    private static long Unescaped(ReadOnlySpan<byte> raw, int escapes)
    {
        var bytes = 0L;
        while (raw.IndexOf((byte)'\\') is >= 0 and var at)
        {
            var isCode = raw[at + 1] == 'u';
            var length = isCode ? BytesOf(raw.Slice(at + 2, 4)) : 1;
            bytes += at + length + (length == 1 ? escapes : 0);
            raw = raw[(at + (isCode ? 6 : 2))..];
        }

        return bytes + raw.Length;
    }

    /// <summary>A pair of surrogates is four bytes.</summary>
    private static int BytesOf(ReadOnlySpan<byte> hex)
    {
        var code = ushort.Parse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        if (code < 0x80)
            return 1;
        return code < 0x800 || char.IsSurrogate((char)code) ? 2 : 3;
    }
}
