using System.Text.Json;

namespace Gateway.Server.Providers.Simulated;

/// <summary>Reads a request body in one pass, without building a document. Pure.</summary>
internal static class SimulatedRequestReader
{
    private const int BytesPerToken = 4;
    private const int TokensPerFile = 800;

    /// <summary>Exactly one of the two.</summary>
    public static (SimulatedRequest? Request, SimulatedRefusal? Refusal) Read(ReadOnlySpan<byte> body, SimulatedEndpoint endpoint)
    {
        try
        {
            var reader = new Utf8JsonReader(body, new() { MaxDepth = 128 });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return (null, new("The request body must be a JSON object."));
            var fields = new Fields();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (ReadMember(ref reader, ref fields) is { } refusal)
                    return (null, refusal);
            }

            if (reader.Read())
                return (null, new("The request body must be one JSON object."));
            return Check(fields, endpoint) is { } missing ? (null, missing) : (fields.ToRequest(endpoint), null);
        }
        catch (JsonException)
        {
            return (null, new("The request body is not valid JSON."));
        }
        catch (InvalidOperationException)
        {
            return (null, new("The request body holds text that is not valid UTF-8."));
        }
    }

    private static SimulatedRefusal? ReadMember(ref Utf8JsonReader reader, ref Fields fields)
    {
        var name = reader.GetString()!;
        reader.Read();
        var isNull = reader.TokenType == JsonTokenType.Null;
        switch (name)
        {
            case "model":
                fields.Model = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                return fields.Model is null ? new($"`{name}` must be a string.", name) : null;
            case "stream":
                fields.Stream = reader.TokenType == JsonTokenType.True;
                return isNull || reader.TokenType is JsonTokenType.True or JsonTokenType.False
                    ? null
                    : new($"`{name}` must be a boolean.", name);
            case "n" or "max_tokens" or "max_completion_tokens" or "max_output_tokens" or "dimensions" when !isNull:
                return ReadNumber(ref reader, name, ref fields);
            case "service_tier" when reader.TokenType == JsonTokenType.String:
                fields.ServiceTier = reader.GetString();
                return null;
            case "encoding_format" when reader.TokenType == JsonTokenType.String:
                fields.Base64 = reader.ValueTextEquals("base64"u8);
                return null;
            case "stream_options" when reader.TokenType == JsonTokenType.StartObject:
                ReadStreamOptions(ref reader, ref fields);
                return null;
            case "messages" or "input" or "prompt" or "system" or "instructions":
                fields.HasPrompt |= !isNull && name is not ("system" or "instructions");
                ReadPrompt(ref reader, ref fields);
                return null;
            default:
                reader.Skip();
                return null;
        }
    }

    private static SimulatedRefusal? ReadNumber(ref Utf8JsonReader reader, string name, ref Fields fields)
    {
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var value) || value < 1)
            return new($"`{name}` must be a positive integer.", name);
        if (name == "n")
            fields.Choices = value;
        else if (name == "dimensions")
            fields.Dimensions = value;
        else
            fields.MaxTokens = Math.Min(fields.MaxTokens ?? int.MaxValue, value);
        return fields.Choices > 128 || fields.Dimensions > 4096 ? new($"`{name}` is too large.", name) : null;
    }

    private static void ReadStreamOptions(ref Utf8JsonReader reader, ref Fields fields)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var isUsage = reader.ValueTextEquals("include_usage"u8);
            reader.Read();
            if (isUsage)
                fields.IncludeUsage = reader.TokenType == JsonTokenType.True;
            reader.Skip();
        }
    }

    /// <summary>Counts the text of a message list or a text, and remembers what its last element was.</summary>
    private static void ReadPrompt(ref Utf8JsonReader reader, ref Fields fields)
    {
        var top = reader.CurrentDepth;
        var isList = reader.TokenType == JsonTokenType.StartArray;
        var kind = MemberKind.Text;
        var elements = 0;
        var hasValues = false;
        do
        {
            var isElement = isList && reader.CurrentDepth == top + 1;
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    kind = KindOf(reader);
                    break;
                case JsonTokenType.StartObject or JsonTokenType.StartArray when isElement:
                    elements++;
                    fields.EndsWithToolResult = false;
                    break;
                case JsonTokenType.String when kind == MemberKind.Text:
                    fields.TextBytes += reader.ValueSpan.Length;
                    elements += isElement ? 1 : 0;
                    break;
                case JsonTokenType.String when kind == MemberKind.File:
                    fields.Files++;
                    break;
                case JsonTokenType.String when kind == MemberKind.Tag:
                    fields.EndsWithToolResult |=
                        reader.ValueTextEquals("tool"u8) || reader.ValueTextEquals("tool_result"u8)
                            || reader.ValueTextEquals("function_call_output"u8);
                    break;
                case JsonTokenType.Number when kind == MemberKind.Text:
                    fields.TextBytes += BytesPerToken; // a prompt may be given as tokens
                    hasValues |= isElement;
                    break;
                default:
                    break;
            }
        }
        while ((reader.CurrentDepth > top || reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject) && reader.Read());
        fields.Inputs = isList && !hasValues ? Math.Max(elements, 1) : 1;
    }

    private static MemberKind KindOf(in Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("content"u8) || reader.ValueTextEquals("text"u8) || reader.ValueTextEquals("input"u8)
            || reader.ValueTextEquals("arguments"u8) || reader.ValueTextEquals("output"u8))
            return MemberKind.Text;
        if (reader.ValueTextEquals("url"u8) || reader.ValueTextEquals("data"u8) || reader.ValueTextEquals("image_url"u8)
            || reader.ValueTextEquals("file_data"u8))
            return MemberKind.File;
        return reader.ValueTextEquals("role"u8) || reader.ValueTextEquals("type"u8) ? MemberKind.Tag : MemberKind.Other;
    }

    private static SimulatedRefusal? Check(in Fields fields, SimulatedEndpoint endpoint)
    {
        var prompt = endpoint switch
        {
            SimulatedEndpoint.Embeddings or SimulatedEndpoint.Responses => "input",
            SimulatedEndpoint.Completions => "prompt",
            _ => "messages",
        };
        if (fields.Model is null)
            return new("`model` is required.", "model");
        if (!fields.HasPrompt)
            return new($"`{prompt}` is required.", prompt);
        return endpoint == SimulatedEndpoint.Messages && fields.MaxTokens is null ? new("`max_tokens` is required.", "max_tokens") : null;
    }

    private enum MemberKind
    {
        Other,
        Text,
        File,
        Tag,
    }

    private struct Fields()
    {
        public string? Model;
        public bool Stream;
        public bool IncludeUsage;
        public int Choices = 1;
        public int? MaxTokens;
        public string? ServiceTier;
        public int Inputs = 1;
        public int Dimensions = 1536;
        public bool Base64;
        public bool HasPrompt;
        public long TextBytes;
        public int Files;
        public bool EndsWithToolResult;

        public readonly SimulatedRequest ToRequest(SimulatedEndpoint endpoint) => new()
        {
            Endpoint = endpoint,
            Model = Model!,
            Stream = Stream && endpoint is not (SimulatedEndpoint.Embeddings or SimulatedEndpoint.CountTokens),
            IncludeUsage = IncludeUsage,
            Choices = Choices,
            MaxTokens = MaxTokens,
            ServiceTier = ServiceTier,
            Inputs = Inputs,
            Dimensions = Dimensions,
            Base64 = Base64,
            PromptTokens = (int)Math.Max(1, (TextBytes + BytesPerToken - 1) / BytesPerToken + (Files * TokensPerFile)),
            EndsWithToolResult = EndsWithToolResult,
        };
    }
}
