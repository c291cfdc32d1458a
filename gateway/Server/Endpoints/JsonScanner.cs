using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Gateway.Server.Endpoints;

/// <summary>
/// Reads JSON (RFC 8259) token by token without building anything of it. Most of a prompt is long texts full of escaped quotes and line
/// ends, over which <see cref="Utf8JsonReader"/> goes byte by byte; this one jumps from escape to escape. Pure; never throws on bad input.
/// </summary>
internal ref struct JsonScanner
{
    public const int MaxDepth = 128;

    private static readonly SearchValues<byte> s_endsRun = SearchValues.Create(
        [(byte)'"', (byte)'\\', .. Enumerable.Range(0, ' ').Select(i => (byte)i)]);
    private static readonly SearchValues<byte> s_escapes = SearchValues.Create("\"\\/bfnrt"u8);
    private static readonly SearchValues<byte> s_hex = SearchValues.Create("0123456789abcdefABCDEF"u8);

    private readonly ReadOnlySpan<byte> _json;
    private int _at;
    private Wanted _wanted = Wanted.Value;

    /// <summary>One bit for each open container: set for objects, the innermost lowest.</summary>
    private UInt128 _objects;
    private int _open;

    /// <param name="json">Valid UTF-8.</param>
    public JsonScanner(ReadOnlySpan<byte> json) => _json = json;

    /// <summary>What may come next.</summary>
    private enum Wanted
    {
        Value,
        ValueOrEnd,
        Name,
        NameOrEnd,
        CommaOrEnd,
        Nothing,
    }

    /// <summary>Of the token that <see cref="Read"/> has read.</summary>
    public JsonTokenType TokenType { get; private set; }

    /// <summary>The token's first byte.</summary>
    public int TokenStart { get; private set; }

    /// <summary>Just behind the token; of a name, behind its colon.</summary>
    public readonly int Position => _at;

    /// <summary>Of a string or a name what stands between its quotes, of a number its digits; as written.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Whether <see cref="Value"/> holds escapes.</summary>
    public bool IsEscaped { get; private set; }

    /// <summary>Containers around the token.</summary>
    public int Depth { get; private set; }

    /// <summary>Why reading ended before the end; null while all is well.</summary>
    public string? Problem { get; private set; }

    /// <summary>False at the end of the JSON, and when it is malformed: then <see cref="Problem"/> is set.</summary>
    public bool Read()
    {
        if (Problem is not null)
            return false;
        var next = Next();
        if (_wanted == Wanted.CommaOrEnd && next == ',')
        {
            _at++;
            _wanted = IsInObject ? Wanted.Name : Wanted.Value;
            next = Next();
        }

        TokenStart = _at;
        if (next < 0)
            return _wanted != Wanted.Nothing && Fail("it ends too early");
        return _wanted switch
        {
            Wanted.Nothing => Fail("something follows its end"),
            Wanted.CommaOrEnd => ReadEnd(next),
            Wanted.Name => ReadName(next),
            Wanted.NameOrEnd => next == '}' ? ReadEnd(next) : ReadName(next),
            Wanted.ValueOrEnd => next == ']' ? ReadEnd(next) : ReadValue(next),
            _ => ReadValue(next),
        };
    }

    /// <summary>From the first token of a value to its last.</summary>
    public void Skip()
    {
        if (TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
            return;
        var depth = Depth;
        while (Read() && (Depth > depth || TokenType is not (JsonTokenType.EndObject or JsonTokenType.EndArray)))
        {
        }
    }

    /// <summary>Whether the text of a string or name is this.</summary>
    public readonly bool TextEquals(ReadOnlySpan<byte> text) =>
        IsEscaped ? Text() is { } own && Encoding.UTF8.GetBytes(own).AsSpan().SequenceEqual(text) : Value.SequenceEqual(text);

    /// <summary>The text of a string or name; null where it holds half of a surrogate pair.</summary>
    public readonly string? Text()
    {
        if (!IsEscaped)
            return Encoding.UTF8.GetString(Value);
        var reader = new Utf8JsonReader(_json.Slice(TokenStart, Value.Length + 2));
        reader.Read();
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private readonly bool IsInObject => (_objects & 1) != 0;

    /// <summary>The next byte that is no white space; -1 at the end.</summary>
    private int Next()
    {
        while (_at < _json.Length)
        {
            var next = _json[_at];
            if (next is not ((byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t'))
                return next;
            _at++;
        }

        return -1;
    }

    private bool ReadName(int next)
    {
        if (next != '"')
            return Fail("a name in quotes is expected");
        if (!ReadString())
            return false;
        if (Next() != ':')
            return Fail("a colon is expected");
        _at++;
        TokenType = JsonTokenType.PropertyName;
        Depth = _open;
        _wanted = Wanted.Value;
        return true;
    }

    private bool ReadValue(int next)
    {
        switch (next)
        {
            case '{':
                return Open(JsonTokenType.StartObject, isObject: true);
            case '[':
                return Open(JsonTokenType.StartArray, isObject: false);
            case '"':
                return ReadString() && Close(JsonTokenType.String);
            case 't':
                return ReadWord("true"u8, JsonTokenType.True);
            case 'f':
                return ReadWord("false"u8, JsonTokenType.False);
            case 'n':
                return ReadWord("null"u8, JsonTokenType.Null);
            default:
                return ReadNumber();
        }
    }

    private bool Open(JsonTokenType type, bool isObject)
    {
        if (_open == MaxDepth)
            return Fail($"it is nested deeper than {MaxDepth} levels");
        _at++;
        TokenType = type;
        Depth = _open++;
        _objects = (_objects << 1) | (isObject ? UInt128.One : UInt128.Zero);
        _wanted = isObject ? Wanted.NameOrEnd : Wanted.ValueOrEnd;
        return true;
    }

    private bool ReadEnd(int next)
    {
        if (next != (IsInObject ? '}' : ']'))
            return Fail(IsInObject ? "a comma or a brace is expected" : "a comma or a bracket is expected");
        _at++;
        _open--;
        var type = IsInObject ? JsonTokenType.EndObject : JsonTokenType.EndArray;
        _objects >>= 1;
        return Close(type);
    }

    /// <summary>A value is complete.</summary>
    private bool Close(JsonTokenType type)
    {
        TokenType = type;
        Depth = _open;
        _wanted = _open == 0 ? Wanted.Nothing : Wanted.CommaOrEnd;
        return true;
    }

    private bool ReadString()
    {
        var start = ++_at;
        IsEscaped = false;
        while (true)
        {
            var run = _json[_at..].IndexOfAny(s_endsRun);
            if (run < 0)
            {
                _at = _json.Length;
                return Fail("it ends too early");
            }

            _at += run;
            if (_json[_at] == '"')
                break;
            if (_json[_at] != '\\')
                return Fail("a control character stands in a text");
            IsEscaped = true;
            if (!ReadEscape())
                return Fail("an escape that JSON does not have stands in a text");
        }

        Value = _json[start.._at];
        _at++;
        return true;
    }

    private bool ReadEscape()
    {
        var rest = _json[(_at + 1)..];
        if (rest.Length > 0 && s_escapes.Contains(rest[0]))
            _at += 2;
        else if (rest.Length >= 5 && rest[0] == 'u' && !rest[1..5].ContainsAnyExcept(s_hex))
            _at += 6;
        else
            return false;
        return true;
    }

    private bool ReadWord(ReadOnlySpan<byte> word, JsonTokenType type)
    {
        if (!_json[_at..].StartsWith(word))
            return Fail("a value is expected");
        _at += word.Length;
        return Close(type);
    }

    /// <summary><c>-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?</c></summary>
    private bool ReadNumber()
    {
        var start = _at;
        if (Peek() == '-')
            _at++;
        if (Peek() == '0')
            _at++;
        else if (!ReadDigits())
            return Fail("a value is expected");
        if (Peek() == '.')
        {
            _at++;
            if (!ReadDigits())
                return Fail("a digit is expected");
        }

        if (Peek() is 'e' or 'E')
        {
            _at++;
            if (Peek() is '+' or '-')
                _at++;
            if (!ReadDigits())
                return Fail("a digit is expected");
        }

        Value = _json[start.._at];
        return Close(JsonTokenType.Number);
    }

    private bool ReadDigits()
    {
        var start = _at;
        while (Peek() is >= '0' and <= '9')
            _at++;
        return _at > start;
    }

    private readonly int Peek() => _at < _json.Length ? _json[_at] : -1;

    private bool Fail(string problem)
    {
        var before = _json[.._at];
        var line = before.Count((byte)'\n') + 1;
        var column = _at - (before.LastIndexOf((byte)'\n') + 1) + 1;
        Problem = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{problem} (line {line}, byte {column})");
        return false;
    }
}
