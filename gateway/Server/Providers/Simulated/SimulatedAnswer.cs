using System.Collections.Immutable;
using Gateway.Contract;

namespace Gateway.Server.Providers.Simulated;

/// <summary>All that an answer says, before a dialect gives it its form. Pure.</summary>
internal sealed record SimulatedAnswer
{
    private static readonly ImmutableArray<string> s_words =
    [
        "The", " quick", " answer", " to", " a", " simulated", " question", " is",
        " made", " of", " plain", " words,", " one", " token", " each,", " and",
    ];

    /// <summary>Goes into the dialect's ids.</summary>
    public required string Id { get; init; }

    public required long CreatedSeconds { get; init; }

    public required SimulatedRequest Request { get; init; }

    /// <summary>Pieces of text, one token each; empty with a tool call.</summary>
    public required ImmutableArray<string> Pieces { get; init; }

    public SimulatedToolCall? Tool { get; init; }

    /// <summary>The request's own limit ended the text.</summary>
    public bool IsCutByLength { get; init; }

    /// <summary>Cached ones included.</summary>
    public required int PromptTokens { get; init; }

    public required int CachedTokens { get; init; }

    /// <summary>Of one choice.</summary>
    public required int CompletionTokens { get; init; }

    public string Text => string.Concat(Pieces.AsSpan());

    public static SimulatedAnswer Compose(SimulatedRequest request, SimulatedConfig config, string id, long createdSeconds)
    {
        var wanted = config.Text is null ? MadeUp(Math.Max(config.CompletionTokens, 0)) : Split(config.Text);
        var tokens = Math.Min(
            request.Tool is null ? wanted.Length : Math.Max(config.CompletionTokens, 1), request.MaxTokens ?? int.MaxValue);
        var prompt = config.PromptTokens ?? request.PromptTokens;
        return new()
        {
            Id = id,
            CreatedSeconds = createdSeconds,
            Request = request,
            Pieces = request.Tool is null ? wanted[..tokens] : [],
            Tool = request.Tool,
            IsCutByLength = request.Tool is null && tokens < wanted.Length,
            PromptTokens = prompt,
            CachedTokens = Math.Clamp(config.CachedTokens, 0, prompt),
            CompletionTokens = tokens,
        };
    }

    /// <summary>The tool call's arguments as a stream brings them.</summary>
    public IEnumerable<string> ArgumentFragments()
    {
        const int length = 12;
        for (var i = 0; i < Tool!.Arguments.Length; i += length)
            yield return Tool.Arguments.Substring(i, Math.Min(length, Tool.Arguments.Length - i));
    }

    private static ImmutableArray<string> MadeUp(int count)
    {
        var pieces = ImmutableArray.CreateBuilder<string>(count);
        for (var i = 0; i < count; i++)
            pieces.Add(i > 0 && i % s_words.Length == 0 ? " the" : s_words[i % s_words.Length]);
        return pieces.MoveToImmutable();
    }

    /// <summary>Words with the white space before them: joined they are the text again.</summary>
    private static ImmutableArray<string> Split(string text)
    {
        var pieces = ImmutableArray.CreateBuilder<string>();
        var start = 0;
        for (var i = 1; i <= text.Length; i++)
        {
            if (i < text.Length && (!char.IsWhiteSpace(text[i]) || char.IsWhiteSpace(text[i - 1])))
                continue;
            pieces.Add(text[start..i]);
            start = i;
        }

        return pieces.ToImmutable();
    }
}
