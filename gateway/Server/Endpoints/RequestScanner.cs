using System.Buffers;
using System.Text.Json;
using Gateway.Server.Errors;
using Gateway.Server.Metering;

namespace Gateway.Server.Endpoints;

/// <summary>Exactly one of the two.</summary>
internal readonly record struct ScanOutcome(RequestFields? Fields, GatewayError? Error);

/// <summary>
/// Reads a body once from front to back, without building anything of it. A field that we read must stand once and in its own letter
/// case: two readers that pick different ones of two would see two requests.
/// </summary>
internal ref struct RequestScanner
{
    private const int MaxDepth = 128;
    private const int MaxAnswers = 128;

    private static readonly JsonReaderOptions s_options = new() { MaxDepth = MaxDepth };

    private readonly KnownFields _known;
    private Utf8JsonReader _reader;
    private PromptCounter _prompt;
    private GatewayError? _error;

    private RequestScanner(Operation operation, ReadOnlySequence<byte> body)
    {
        _known = KnownFields.Of(operation);
        _reader = new(body, s_options);
    }

    /// <summary>Pure. Never throws, whatever the bytes.</summary>
    public static ScanOutcome Scan(Operation operation, ReadOnlySequence<byte> body)
    {
        var scanner = new RequestScanner(operation, body);
        try
        {
            return scanner.ReadBody();
        }
        catch (JsonException e)
        {
            return new(null, Invalid($"The request body is not valid JSON: {Place(e)}."));
        }
        catch (InvalidOperationException)
        {
            // What the reader throws for text that is no UTF-8 or holds half of a surrogate pair.
            return new(null, Invalid("The request body holds text that is not valid Unicode."));
        }
    }

    private ScanOutcome ReadBody()
    {
        if (!_reader.Read() || _reader.TokenType != JsonTokenType.StartObject)
            return new(null, Invalid("The request body must be a JSON object."));
        var fields = new RequestFields { Positions = new() { BodyStart = (int)_reader.BytesConsumed } };
        var seen = Field.None;
        while (_error is null && _reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = _known.Find(ref _reader, out var properName);
            if (field == Field.None)
                PassOver();
            else if (properName is not null)
                _error = Invalid($"The field `{_reader.GetString()}` must be written `{properName}`.", properName);
            else if ((seen & field) != Field.None)
                _error = Invalid($"The field `{_reader.GetString()}` stands twice in the request body.", _reader.GetString());
            else
                fields = ReadField(field, fields);
            seen |= field;
        }

        // Reading on past the object makes the reader object to anything that follows it.
        if (_error is null && _reader.Read())
            _error = Invalid("The request body must hold nothing after its JSON object.");
        return _error is null
            ? new(fields with { TextBytes = _prompt.TextBytes, Images = _prompt.Images, WritesCache = _prompt.WritesCache }, null)
            : new(null, _error);
    }

    private RequestFields ReadField(Field field, RequestFields fields)
    {
        var name = _reader.GetString()!;
        _reader.Read();
        var start = (int)_reader.TokenStartIndex;
        switch (field)
        {
            case Field.Model:
                return fields with { Model = ReadText(name), Positions = fields.Positions with { Model = start..(int)_reader.BytesConsumed } };
            case Field.Stream:
                return fields with { Stream = ReadFlag(name) ?? false };
            case Field.StreamOptions:
                return ReadStreamOptions(fields, start);
            case Field.MaxTokens or Field.MaxCompletionTokens or Field.MaxOutputTokens:
                return fields with { MaxOutputTokens = Larger(fields.MaxOutputTokens, ReadNumber(name, int.MaxValue)) };
            case Field.N or Field.BestOf:
                return fields with { Count = (int)Math.Max(ReadNumber(name, MaxAnswers) ?? 1, fields.Count) };
            case Field.Prompt or Field.Input:
                return fields with { PromptCount = _prompt.CountPrompts(ref _reader) };
            case Field.User:
                return fields with { EndUser = ReadTextOrNull(name) };
            case Field.ServiceTier or Field.Speed:
                return ServiceTiers.IsStandard(ref _reader) ? fields : fields with { ServiceTier = ReadTextOrNull(name) ?? fields.ServiceTier };
            case Field.Metadata:
                return fields with { EndUser = ReadUserId() };
            case Field.Background:
                if (ReadFlag(name) == true)
                    _error = Invalid("`background` responses are not supported: their usage would not be seen.", name);
                return fields;
            default:
                _prompt.PassOver(ref _reader, isSchema: false);
                return fields with { ForeignRouting = name };
        }
    }

    private RequestFields ReadStreamOptions(RequestFields fields, int start)
    {
        bool? includeUsage = null;
        Range? position = null;
        var isEmpty = true;
        if (_reader.TokenType is not (JsonTokenType.Null or JsonTokenType.StartObject))
            Fail("stream_options", "an object");
        while (_error is null && _reader.TokenType != JsonTokenType.Null && _reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            isEmpty = false;
            var isIncludeUsage = _reader.ValueTextEquals("include_usage"u8);
            if (isIncludeUsage && position is not null)
                _error = Invalid("The field `include_usage` stands twice in `stream_options`.", "stream_options");
            _reader.Read();
            if (!isIncludeUsage)
            {
                _reader.Skip();
                continue;
            }

            var valueStart = (int)_reader.TokenStartIndex;
            includeUsage = ReadFlag("stream_options.include_usage");
            position = valueStart..(int)_reader.BytesConsumed;
        }

        var end = (int)_reader.BytesConsumed;
        return fields with
        {
            IncludeUsage = includeUsage,
            Positions = fields.Positions with { StreamOptions = start..end, IncludeUsage = position, StreamOptionsIsEmpty = isEmpty },
        };
    }

    /// <summary><c>metadata.user_id</c> of the Messages API.</summary>
    private string? ReadUserId()
    {
        string? userId = null;
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            _reader.Skip();
            return null;
        }

        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var isUserId = _reader.ValueTextEquals("user_id"u8);
            _reader.Read();
            if (isUserId)
                userId = ReadTextOrNull("metadata.user_id");
            else
                _reader.Skip();
        }

        return userId;
    }

    private void PassOver()
    {
        var isSchema = _reader.ValueTextEquals("tools"u8);
        _reader.Read();
        _prompt.PassOver(ref _reader, isSchema);
    }

    private string? ReadTextOrNull(string name) => _reader.TokenType == JsonTokenType.Null ? null : ReadText(name);

    private string? ReadText(string name)
    {
        if (_reader.TokenType == JsonTokenType.String && _reader.GetString() is { Length: > 0 and <= 512 } text)
            return text;
        Fail(name, "a string of 1 to 512 characters");
        return null;
    }

    private bool? ReadFlag(string name)
    {
        if (_reader.TokenType is not (JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null))
            Fail(name, "a boolean");
        return _reader.TokenType == JsonTokenType.Null ? null : _reader.TokenType == JsonTokenType.True;
    }

    private long? ReadNumber(string name, long most)
    {
        if (_reader.TokenType == JsonTokenType.Null)
            return null;
        if (_reader.TokenType == JsonTokenType.Number && _reader.TryGetInt64(out var number) && number >= 1 && number <= most)
            return number;
        Fail(name, $"an integer from 1 to {most}");
        return null;
    }

    private void Fail(string name, string wanted)
    {
        _error ??= Invalid($"The field `{name}` must be {wanted}.", name);
        _reader.Skip();
    }

    private static long? Larger(long? a, long? b) => a > b || b is null ? a : b;

    private static string Place(JsonException e) =>
        e.LineNumber is { } line && e.BytePositionInLine is { } position
            ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"line {line + 1}, byte {position}")
            : "it ends too early";

    private static GatewayError Invalid(string message, string? param = null) => new(ErrorKind.InvalidRequest, message) { Param = param };
}
