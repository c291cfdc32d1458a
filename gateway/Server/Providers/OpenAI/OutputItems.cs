using System.Text.Json;

namespace Gateway.Server.Providers.OpenAI;

/// <summary>
/// Reads the output items of the Responses API token by token: what the model wrote in them, and the tools that the provider ran. Of those
/// a search of the web is charged, and the pages that it opens are not: https://developers.openai.com/api/docs/guides/tools-web-search.
/// Code runs by the container and images by tokens of another model, which items do not tell.
/// </summary>
internal sealed class OutputItems
{
    private Member _member;
    private Part _part;
    private Kind _kind;
    private bool _isNavigation;

    public long WebSearches { get; private set; }

    public long FileSearches { get; private set; }

    public bool HasUnknownFees { get; private set; }

    /// <param name="reader">On any token of an item.</param>
    /// <param name="depth">0 for the item's own braces, 1 for its members; less, outside of it, for none.</param>
    /// <returns>Bytes of text that the token brings.</returns>
    public long Read(ref Utf8JsonReader reader, int depth)
    {
        if (depth <= 0)
        {
            if (reader.TokenType == JsonTokenType.StartObject)
                (_kind, _isNavigation) = (Kind.Other, false);
            else if (reader.TokenType == JsonTokenType.EndObject && depth == 0)
                Count();
            return 0;
        }

        if (reader.TokenType == JsonTokenType.PropertyName)
        {
            if (depth == 1)
                _member = MemberOf(ref reader);
            else
                _part = PartOf(ref reader);
            return 0;
        }

        return reader.TokenType == JsonTokenType.String ? ReadText(ref reader, depth) : 0;
    }

    /// <summary>Takes a whole item, or a list of them, for its tools.</summary>
    public void ReadWhole(ref Utf8JsonReader reader)
    {
        var depth = reader.CurrentDepth;
        var item = reader.TokenType == JsonTokenType.StartArray ? depth + 1 : depth;
        if (reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.StartObject))
            return;
        do
            Read(ref reader, reader.CurrentDepth - item);
        while (!(reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject && reader.CurrentDepth == depth) && reader.Read());
    }

    private long ReadText(ref Utf8JsonReader reader, int depth)
    {
        switch (_member)
        {
            case Member.Type when depth == 1:
                _kind = KindOf(ref reader);
                return 0;
            case Member.Action when depth == 2 && _part == Part.Type:
                _isNavigation = !reader.ValueTextEquals("search"u8);
                return 0;
            case Member.Text when depth == 1:
            case Member.Parts when _part == Part.Text:
                return JsonText.Bytes(ref reader);
            default:
                return 0;
        }
    }

    private void Count()
    {
        if (_kind == Kind.WebSearch && !_isNavigation)
            WebSearches++;
        else if (_kind == Kind.FileSearch)
            FileSearches++;
        HasUnknownFees |= _kind == Kind.UnknownFee;
    }

    private static Member MemberOf(ref Utf8JsonReader name)
    {
        if (name.ValueTextEquals("type"u8))
            return Member.Type;
        if (name.ValueTextEquals("action"u8))
            return Member.Action;
        if (name.ValueTextEquals("content"u8) || name.ValueTextEquals("summary"u8))
            return Member.Parts;
        return name.ValueTextEquals("arguments"u8) || name.ValueTextEquals("input"u8) || name.ValueTextEquals("code"u8)
            ? Member.Text
            : Member.Other;
    }

    private static Part PartOf(ref Utf8JsonReader name)
    {
        if (name.ValueTextEquals("type"u8))
            return Part.Type;
        return name.ValueTextEquals("text"u8) || name.ValueTextEquals("refusal"u8) ? Part.Text : Part.Other;
    }

    private static Kind KindOf(ref Utf8JsonReader type)
    {
        if (type.ValueTextEquals("web_search_call"u8))
            return Kind.WebSearch;
        if (type.ValueTextEquals("file_search_call"u8))
            return Kind.FileSearch;
        return type.ValueTextEquals("code_interpreter_call"u8) || type.ValueTextEquals("image_generation_call"u8)
            ? Kind.UnknownFee
            : Kind.Other;
    }

    private enum Member
    {
        Other,
        Type,
        Action,
        Parts,
        Text,
    }

    private enum Part
    {
        Other,
        Type,
        Text,
    }

    private enum Kind
    {
        Other,
        WebSearch,
        FileSearch,
        UnknownFee,
    }
}
