using Gateway.Server.Config;
using Gateway.Server.Streaming;

namespace Gateway.Server.Providers.OpenAI;

/// <summary>Embeddings, bytes through.</summary>
internal sealed class OpenAIEmbeddingsDialect : IProviderDialect
{
    public UpstreamRequest Translate(ProviderCall call, TargetModel target) => new()
    {
        Url = target.BaseUrl + "/embeddings",
        Headers = OpenAICredentials.Headers(target),
        Edits = ModelEdit.Of(call, target) is { } edit ? [edit] : [],
    };

    public AnswerTap Tap(ProviderCall call, TargetModel target) => new OpenAICompletionsTap(keepUsageChunk: true, choices: 1);
}
