using System.Text.Json;

namespace Gateway.Server.Providers;

/// <summary>
/// Measures a value as JSON without white space: as long as the text that a model wrote it in, and that a stream brings in pieces.
/// </summary>
internal struct CompactJson
{
    private JsonTokenType _previous;

    /// <summary>True right after the brace that opens an object.</summary>
    public readonly bool IsAtStart => _previous == JsonTokenType.StartObject;

    /// <returns>Bytes that the value's next token adds.</returns>
    public long Add(ref Utf8JsonReader reader)
    {
        var token = reader.TokenType;
        var isFirst = _previous
            is JsonTokenType.None or JsonTokenType.StartObject or JsonTokenType.StartArray or JsonTokenType.PropertyName;
        var isEnd = token is JsonTokenType.EndObject or JsonTokenType.EndArray;
        _previous = token;
        var comma = isFirst || isEnd ? 0 : 1;
        return comma + token switch
        {
            JsonTokenType.PropertyName => JsonText.BytesEscaped(ref reader) + 3,
            JsonTokenType.String => JsonText.BytesEscaped(ref reader) + 2,
            _ => reader.ValueSpan.Length,
        };
    }
}
