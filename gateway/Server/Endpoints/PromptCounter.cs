using System.Buffers;
using System.Text.Json;

namespace Gateway.Server.Endpoints;

/// <summary>Counts what a model would read of the parts of a body that we do not look at otherwise.</summary>
internal struct PromptCounter
{
    /// <summary>From here on a text without spaces in a member for data is taken as base64, not as words.</summary>
    private const int ShortestPayload = 256;

    /// <summary>A prompt may be given as numbers of tokens; the estimate takes three bytes of text for one.</summary>
    private const int BytesPerToken = 3;

    private static readonly SearchValues<byte> s_base64 =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_"u8);

    private Member _member;

    private enum Member
    {
        Other,
        Type,
        Data,
    }

    public long TextBytes { get; private set; }

    public int Images { get; private set; }

    public bool WritesCache { get; private set; }

    /// <summary>Passes over the value on which the reader stands.</summary>
    /// <param name="reader">On the first token of the value; afterwards on its last.</param>
    /// <param name="isSchema">The names of members are read by the model too: they are a tool's parameters.</param>
    public void PassOver(ref Utf8JsonReader reader, bool isSchema)
    {
        var depth = reader.CurrentDepth;
        Count(ref reader, isSchema);
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
            return;
        while (reader.Read())
        {
            Count(ref reader, isSchema);
            if (reader.CurrentDepth == depth && reader.TokenType is (JsonTokenType.EndObject or JsonTokenType.EndArray))
                return;
        }
    }

    /// <summary>Passes over a <c>prompt</c>, which may be one or a list, each of words or of numbers of tokens.</summary>
    /// <returns>How many prompts it holds.</returns>
    public int CountPrompts(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            PassOver(ref reader, isSchema: false);
            return 1;
        }

        var prompts = 0;
        var tokens = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.Number)
                tokens++;
            else
                prompts++;
            PassOverTokens(ref reader);
        }

        return Math.Max(1, prompts + (tokens > 0 ? 1 : 0));
    }

    private void PassOverTokens(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Number)
            TextBytes += BytesPerToken;
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            PassOver(ref reader, isSchema: false);
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            PassOverTokens(ref reader);
    }

    private void Count(ref Utf8JsonReader reader, bool isSchema)
    {
        if (reader.TokenType == JsonTokenType.PropertyName)
        {
            _member = MemberOf(ref reader);
            WritesCache |= reader.ValueTextEquals("cache_control"u8);
            if (isSchema)
                TextBytes += Length(ref reader);
        }
        else if (reader.TokenType == JsonTokenType.String)
        {
            if (_member == Member.Type && IsMediaType(ref reader))
                Images++;
            else if (_member != Member.Data || !IsPayload(ref reader))
                TextBytes += Length(ref reader);
        }
    }

    private static Member MemberOf(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("type"u8))
            return Member.Type;
        return reader.ValueTextEquals("data"u8) || reader.ValueTextEquals("url"u8)
            || reader.ValueTextEquals("image_url"u8) || reader.ValueTextEquals("file_data"u8)
            ? Member.Data
            : Member.Other;
    }

    /// <summary>The types of content that both APIs have for what is not text.</summary>
    private static bool IsMediaType(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("image_url"u8) || reader.ValueTextEquals("image"u8) || reader.ValueTextEquals("input_image"u8)
        || reader.ValueTextEquals("input_audio"u8) || reader.ValueTextEquals("document"u8)
        || reader.ValueTextEquals("file"u8) || reader.ValueTextEquals("input_file"u8);

    private static bool IsPayload(ref Utf8JsonReader reader)
    {
        var first = reader.HasValueSequence ? reader.ValueSequence.FirstSpan : reader.ValueSpan;
        return first.StartsWith("data:"u8) || (Length(ref reader) >= ShortestPayload && !first.ContainsAnyExcept(s_base64));
    }

    private static long Length(ref Utf8JsonReader reader) => reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
}
