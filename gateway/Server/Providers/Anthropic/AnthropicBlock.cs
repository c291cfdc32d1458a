using System.Text.Json;

namespace Gateway.Server.Providers.Anthropic;

/// <summary>
/// Measures a block of content, or a delta to one, token by token. Its own type is no text, nor is what a tool of the provider found: that
/// is a part of the next prompt. A tool's id and name are: a client acts on them.
/// </summary>
internal sealed class AnthropicBlock
{
    private CompactJson _json;
    private Member _member;
    private bool _isToolOfProvider;
    private bool _isFound;

    /// <summary>Of all blocks that were read.</summary>
    public long WebSearches { get; private set; }

    /// <param name="reader">On any token of the block.</param>
    /// <param name="depth">0 for the block's own braces, 1 for its members.</param>
    /// <returns>Bytes of text that the token brings.</returns>
    public long Read(ref Utf8JsonReader reader, int depth)
    {
        if (depth <= 0)
        {
            if (reader.TokenType == JsonTokenType.StartObject)
                (_isToolOfProvider, _isFound) = (false, false);
            return 0;
        }

        if (reader.TokenType == JsonTokenType.PropertyName && (depth == 1 || _member != Member.Input))
        {
            _member = MemberOf(ref reader, depth);
            _json = default;
            return 0;
        }

        // A stream names an empty input first, and brings the true one in pieces.
        if (_member == Member.Input)
            return depth == 1 && reader.TokenType == JsonTokenType.EndObject && _json.IsAtStart ? -1 : _json.Add(ref reader);
        return reader.TokenType == JsonTokenType.String && !_isFound ? TextOf(ref reader, depth) : 0;
    }

    private long TextOf(ref Utf8JsonReader reader, int depth)
    {
        switch (_member)
        {
            case Member.Type when depth == 1:
                _isToolOfProvider = reader.ValueTextEquals("server_tool_use"u8);
                _isFound = reader.ValueSpan.EndsWith("_tool_result"u8);
                return 0;
            case Member.Type:
                return 0;
            case Member.Name when _isToolOfProvider && reader.ValueTextEquals("web_search"u8):
                WebSearches++;
                break;
        }

        return JsonText.Bytes(ref reader);
    }

    private static Member MemberOf(ref Utf8JsonReader name, int depth)
    {
        if (name.ValueTextEquals("type"u8))
            return Member.Type;
        if (depth > 1)
            return Member.Text;
        if (name.ValueTextEquals("input"u8))
            return Member.Input;
        return name.ValueTextEquals("name"u8) ? Member.Name : Member.Text;
    }

    private enum Member
    {
        Text,
        Type,
        Name,
        Input,
    }
}
