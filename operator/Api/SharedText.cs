using System.Text.Json;
using System.Text.Json.Serialization;

namespace Operator.Api;

/// <summary>
/// Reads texts that say the same as one string: reasons, messages, names of models and labels come back in thousands of objects. Remembers
/// the last short text of each of its places, so what it holds is bounded, and a miss costs a string as it would without it.
/// </summary>
internal sealed class SharedText : JsonConverter<string>
{
    private const int Places = 4096;
    private const int MaxLength = 64;

    // Written and read by many threads at once: each place holds null or a whole string, and which one is all the same.
    private static readonly string?[] s_known = new string?[Places];

    /// <summary>Names of members that are not known are passed over by their tokens, never read here.</summary>
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var length = reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
        if (length > MaxLength)
            return reader.GetString();
        Span<char> text = stackalloc char[MaxLength];
        return Share(text[..reader.CopyString(text)]);
    }

    public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Read(ref reader, typeToConvert, options)!;

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);

    public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value);

    private static string Share(ReadOnlySpan<char> text)
    {
        ref var place = ref s_known[(uint)string.GetHashCode(text, StringComparison.Ordinal) % Places];
        var known = place;
        if (known is not null && text.SequenceEqual(known))
            return known;
        return place = text.ToString();
    }
}
