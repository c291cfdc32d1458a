using System.Numerics;
using System.Text;
using System.Text.Json;

namespace Gateway.Server.Endpoints;

/// <summary>The top-level fields that we read.</summary>
[Flags]
internal enum Field
{
    None = 0,
    Model = 1 << 0,
    Stream = 1 << 1,
    StreamOptions = 1 << 2,
    MaxTokens = 1 << 3,
    MaxCompletionTokens = 1 << 4,
    MaxOutputTokens = 1 << 5,
    N = 1 << 6,
    BestOf = 1 << 7,
    Prompt = 1 << 8,
    Input = 1 << 9,
    User = 1 << 10,
    ServiceTier = 1 << 11,
    Metadata = 1 << 12,
    Background = 1 << 13,
    Models = 1 << 14,
    Route = 1 << 15,
    Speed = 1 << 16,
    SafetyIdentifier = 1 << 17,
}

/// <summary>Which of them an API has.</summary>
internal sealed class KnownFields
{
    private const Field Always = Field.Model | Field.Stream | Field.ServiceTier | Field.Models | Field.Route;

    private static readonly string[] s_names =
        [.. Enum.GetValues<Field>().Where(f => f != Field.None).Select(f => JsonNamingPolicy.SnakeCaseLower.ConvertName(f.ToString()))];

    private static readonly KnownFields s_chat = new(
        Always | Field.StreamOptions | Field.MaxTokens | Field.MaxCompletionTokens | Field.N | Field.User | Field.SafetyIdentifier);
    private static readonly KnownFields s_completions = new(
        Always | Field.StreamOptions | Field.MaxTokens | Field.N | Field.BestOf | Field.Prompt | Field.User);
    private static readonly KnownFields s_embeddings = new(Field.Model | Field.User | Field.Models | Field.Route | Field.Input);
    private static readonly KnownFields s_responses = new(
        Always | Field.MaxOutputTokens | Field.User | Field.SafetyIdentifier | Field.Background);
    private static readonly KnownFields s_messages = new(Always | Field.MaxTokens | Field.Metadata | Field.Speed);

    private readonly (Field Field, string Name, byte[] Utf8)[] _names;

    private KnownFields(Field fields) =>
        _names =
        [
            .. Enum.GetValues<Field>()
                .Where(f => f != Field.None && fields.HasFlag(f))
                .Select(f => (f, NameOf(f), Encoding.ASCII.GetBytes(NameOf(f)))),
        ];

    public static KnownFields Of(Operation operation) => operation switch
    {
        Operation.ChatCompletions => s_chat,
        Operation.Completions => s_completions,
        Operation.Embeddings => s_embeddings,
        Operation.Responses => s_responses,
        _ => s_messages,
    };

    /// <summary>
    /// The field whose name the scanner stands on. <paramref name="properName"/> is set when it differs in letter case, and only then.
    /// </summary>
    public Field Find(in JsonScanner json, out string? properName)
    {
        properName = null;
        foreach (var (field, _, utf8) in _names)
        {
            if (json.TextEquals(utf8))
                return field;
        }

        var text = json.IsEscaped ? json.Text() : null;
        foreach (var (field, name, utf8) in _names)
        {
            if (json.IsEscaped ? !string.Equals(text, name, StringComparison.OrdinalIgnoreCase) : !Ascii.EqualsIgnoreCase(json.Value, utf8))
                continue;
            properName = name;
            return field;
        }

        return Field.None;
    }

    public static string NameOf(Field field) => s_names[BitOperations.TrailingZeroCount((int)field)];
}
