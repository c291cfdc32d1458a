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
    /// <param name="json">On the first token of the value; afterwards on its last.</param>
    /// <param name="isSchema">The names of members are read by the model too: they are a tool's parameters.</param>
    public void PassOver(ref JsonScanner json, bool isSchema)
    {
        var depth = json.Depth;
        Count(ref json, isSchema);
        if (json.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
            return;
        while (json.Read())
        {
            Count(ref json, isSchema);
            if (json.Depth == depth && json.TokenType is (JsonTokenType.EndObject or JsonTokenType.EndArray))
                return;
        }
    }

    /// <summary>Passes over a <c>prompt</c>, which may be one or a list, each of words or of numbers of tokens.</summary>
    /// <returns>How many prompts it holds.</returns>
    public int CountPrompts(ref JsonScanner json)
    {
        if (json.TokenType != JsonTokenType.StartArray)
        {
            PassOver(ref json, isSchema: false);
            return 1;
        }

        var prompts = 0;
        var tokens = 0;
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType == JsonTokenType.Number)
                tokens++;
            else
                prompts++;
            PassOverTokens(ref json);
        }

        return Math.Max(1, prompts + (tokens > 0 ? 1 : 0));
    }

    private void PassOverTokens(ref JsonScanner json)
    {
        if (json.TokenType == JsonTokenType.Number)
            TextBytes += BytesPerToken;
        if (json.TokenType != JsonTokenType.StartArray)
        {
            PassOver(ref json, isSchema: false);
            return;
        }

        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            PassOverTokens(ref json);
    }

    private void Count(ref JsonScanner json, bool isSchema)
    {
        if (json.TokenType == JsonTokenType.PropertyName)
        {
            _member = MemberOf(ref json);
            WritesCache |= json.TextEquals("cache_control"u8);
            if (isSchema)
                TextBytes += json.Value.Length;
        }
        else if (json.TokenType == JsonTokenType.String)
        {
            if (_member == Member.Type && IsMediaType(ref json))
                Images++;
            else if (_member != Member.Data || !IsPayload(ref json))
                TextBytes += json.Value.Length;
        }
    }

    private static Member MemberOf(ref JsonScanner json)
    {
        if (json.TextEquals("type"u8))
            return Member.Type;
        return json.TextEquals("data"u8) || json.TextEquals("url"u8)
            || json.TextEquals("image_url"u8) || json.TextEquals("file_data"u8)
            ? Member.Data
            : Member.Other;
    }

    /// <summary>The types of content that both APIs have for what is not text.</summary>
    private static bool IsMediaType(ref JsonScanner json) =>
        json.TextEquals("image_url"u8) || json.TextEquals("image"u8) || json.TextEquals("input_image"u8)
        || json.TextEquals("input_audio"u8) || json.TextEquals("document"u8)
        || json.TextEquals("file"u8) || json.TextEquals("input_file"u8);

    private static bool IsPayload(ref JsonScanner json)
    {
        return json.Value.StartsWith("data:"u8) || (json.Value.Length >= ShortestPayload && !json.Value.ContainsAnyExcept(s_base64));
    }
}
