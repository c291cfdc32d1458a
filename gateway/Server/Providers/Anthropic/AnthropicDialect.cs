using System.Collections.Immutable;
using Gateway.Server.Config;
using Gateway.Server.Streaming;

namespace Gateway.Server.Providers.Anthropic;

/// <summary>Messages and token counts, bytes through.</summary>
internal sealed class AnthropicDialect : IProviderDialect
{
    /// <summary>The version that a client which names none speaks: https://docs.anthropic.com/en/api/versioning.</summary>
    private const string DefaultVersion = "2023-06-01";

    public UpstreamRequest Translate(ProviderCall call, TargetModel target) => new()
    {
        Url = target.BaseUrl + (call.Operation == Operation.CountTokens ? "/messages/count_tokens" : "/messages") + call.Query,
        Headers = Headers(call, target),
        Edits = ModelEdit.Of(call, target) is { } edit ? [edit] : [],
    };

    public AnswerTap Tap(ProviderCall call, TargetModel target) =>
        call.Operation == Operation.CountTokens ? new UnmeteredTap() : new AnthropicMessagesTap();

    private static ImmutableArray<KeyValuePair<string, string>> Headers(ProviderCall call, TargetModel target)
    {
        var headers = target.Headers;
        if (target.Credential is { } key)
            headers = headers.Add(new("x-api-key", key));
        return call.AnthropicVersion is null ? headers.Add(new("anthropic-version", DefaultVersion)) : headers;
    }
}
