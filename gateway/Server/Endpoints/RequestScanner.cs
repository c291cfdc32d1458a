using System.Buffers.Text;
using System.Text.Json;
using System.Text.Unicode;
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
    private const int MaxAnswers = 128;

    private readonly KnownFields _known;
    private JsonScanner _json;
    private PromptCounter _prompt;
    private GatewayError? _error;

    // What is found; see RequestFields.
    private FieldPositions _positions;
    private string? _model;
    private bool _stream;
    private bool? _includeUsage;
    private long? _maxOutputTokens;
    private int _count = 1;
    private int _promptCount = 1;
    private string? _endUser;
    private string? _serviceTier;
    private string? _foreignRouting;

    private RequestScanner(Operation operation, ReadOnlySpan<byte> body)
    {
        _known = KnownFields.Of(operation);
        _json = new(body);
    }

    /// <summary>Pure. Never throws, whatever the bytes.</summary>
    public static ScanOutcome Scan(Operation operation, ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body))
            return new(null, Invalid("The request body is not valid UTF-8."));
        var scanner = new RequestScanner(operation, body);
        scanner.ReadBody();
        if (scanner._json.Problem is { } problem)
            return new(null, Invalid($"The request body is not valid JSON: {problem}."));
        return scanner._error is null ? new(scanner.Fields(), null) : new(null, scanner._error);
    }

    private void ReadBody()
    {
        if (_json.Read() && _json.TokenType != JsonTokenType.StartObject)
            _error = Invalid("The request body must be a JSON object.");
        _positions.BodyStart = _json.Position;
        var seen = Field.None;
        while (_error is null && _json.Read() && _json.TokenType == JsonTokenType.PropertyName)
        {
            var field = _known.Find(_json, out var properName);
            if (field == Field.None)
                PassOver();
            else if (properName is not null)
                _error = Invalid($"The field `{_json.Text()}` must be written `{properName}`.", properName);
            else if ((seen & field) != Field.None)
                _error = Invalid($"The field `{_json.Text()}` stands twice in the request body.", _json.Text());
            else
                ReadField(field);
            seen |= field;
        }

        // Reading on past the object makes the scanner object to anything that follows it.
        if (_error is null)
            _json.Read();
    }

    private readonly RequestFields Fields() => new()
    {
        Model = _model,
        Stream = _stream,
        IncludeUsage = _includeUsage,
        MaxOutputTokens = _maxOutputTokens,
        Count = _count,
        PromptCount = _promptCount,
        EndUser = _endUser,
        ServiceTier = _serviceTier,
        TextBytes = _prompt.TextBytes,
        Images = _prompt.Images,
        WritesCache = _prompt.WritesCache,
        ForeignRouting = _foreignRouting,
        Positions = _positions,
    };

    private void ReadField(Field field)
    {
        var name = KnownFields.NameOf(field);
        if (!_json.Read())
            return;
        var start = _json.TokenStart;
        switch (field)
        {
            case Field.Model:
                _model = ReadText(name);
                _positions.Model = start.._json.Position;
                break;
            case Field.Stream:
                _stream = ReadFlag(name) ?? false;
                break;
            case Field.StreamOptions:
                ReadStreamOptions();
                _positions.StreamOptions = start.._json.Position;
                break;
            case Field.MaxTokens or Field.MaxCompletionTokens or Field.MaxOutputTokens:
                _maxOutputTokens = Larger(_maxOutputTokens, ReadNumber(name, int.MaxValue));
                break;
            case Field.N or Field.BestOf:
                _count = (int)Math.Max(ReadNumber(name, MaxAnswers) ?? 1, _count);
                break;
            case Field.Prompt or Field.Input:
                _promptCount = _prompt.CountPrompts(ref _json);
                break;
            case Field.User:
                _endUser = ReadTextOrNull(name) ?? _endUser;
                break;
            case Field.SafetyIdentifier:
                var identifier = ReadTextOrNull(name);
                _endUser ??= identifier;
                break;
            case Field.ServiceTier or Field.Speed:
                _serviceTier = ServiceTiers.Name(ReadTextOrNull(name)) ?? _serviceTier;
                break;
            case Field.Metadata:
                _endUser = ReadUserId();
                break;
            case Field.Background:
                if (ReadFlag(name) == true)
                    _error = Invalid("`background` responses are not supported: their usage would not be seen.", name);
                break;
            default:
                _prompt.PassOver(ref _json, isSchema: false);
                _foreignRouting = name;
                break;
        }
    }

    private void ReadStreamOptions()
    {
        _positions.StreamOptionsIsEmpty = true;
        if (_json.TokenType is not (JsonTokenType.Null or JsonTokenType.StartObject))
            Fail("stream_options", "an object");
        while (_error is null && _json.TokenType != JsonTokenType.Null && _json.Read() && _json.TokenType == JsonTokenType.PropertyName)
        {
            _positions.StreamOptionsIsEmpty = false;
            var isIncludeUsage = _json.TextEquals("include_usage"u8);
            if (isIncludeUsage && _positions.IncludeUsage is not null)
                _error = Invalid("The field `include_usage` stands twice in `stream_options`.", "stream_options");
            _json.Read();
            if (!isIncludeUsage)
            {
                _json.Skip();
                continue;
            }

            var start = _json.TokenStart;
            _includeUsage = ReadFlag("stream_options.include_usage");
            _positions.IncludeUsage = start.._json.Position;
        }
    }

    /// <summary><c>metadata.user_id</c> of the Messages API.</summary>
    private string? ReadUserId()
    {
        string? userId = null;
        if (_json.TokenType != JsonTokenType.StartObject)
        {
            _json.Skip();
            return null;
        }

        while (_json.Read() && _json.TokenType == JsonTokenType.PropertyName)
        {
            var isUserId = _json.TextEquals("user_id"u8);
            _json.Read();
            if (isUserId)
                userId = ReadTextOrNull("metadata.user_id");
            else
                _json.Skip();
        }

        return userId;
    }

    private void PassOver()
    {
        var isSchema = _json.TextEquals("tools"u8);
        if (_json.Read())
            _prompt.PassOver(ref _json, isSchema);
    }

    private string? ReadTextOrNull(string name) => _json.TokenType == JsonTokenType.Null ? null : ReadText(name);

    private string? ReadText(string name)
    {
        if (_json.TokenType == JsonTokenType.String)
        {
            var text = _json.Text();
            if (text is null)
                _error ??= Invalid($"The field `{name}` holds half of a surrogate pair.", name);
            if (text is null or { Length: > 0 and <= 512 })
                return text;
        }

        Fail(name, "a string of 1 to 512 characters");
        return null;
    }

    private bool? ReadFlag(string name)
    {
        if (_json.TokenType is not (JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null))
            Fail(name, "a boolean");
        return _json.TokenType == JsonTokenType.Null ? null : _json.TokenType == JsonTokenType.True;
    }

    private long? ReadNumber(string name, long most)
    {
        if (_json.TokenType == JsonTokenType.Null)
            return null;
        if (_json.TokenType == JsonTokenType.Number && TryInteger(_json.Value, out var number) && number >= 1 && number <= most)
            return number;
        Fail(name, $"an integer from 1 to {most}");
        return null;
    }

    private static bool TryInteger(ReadOnlySpan<byte> digits, out long number) =>
        Utf8Parser.TryParse(digits, out number, out var used) && used == digits.Length;

    private void Fail(string name, string wanted)
    {
        _error ??= Invalid($"The field `{name}` must be {wanted}.", name);
        _json.Skip();
    }

    private static long? Larger(long? a, long? b) => a > b || b is null ? a : b;

    private static GatewayError Invalid(string message, string? param = null) => new(ErrorKind.InvalidRequest, message) { Param = param };
}
