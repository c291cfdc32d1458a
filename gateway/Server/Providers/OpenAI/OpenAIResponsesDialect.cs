using Gateway.Server.Config;
using Gateway.Server.Streaming;

namespace Gateway.Server.Providers.OpenAI;

/// <summary>Responses, bytes through.</summary>
internal sealed class OpenAIResponsesDialect : IProviderDialect
{
    public UpstreamRequest Translate(ProviderCall call, TargetModel target) => new()
    {
        Url = target.BaseUrl + "/responses",
        Headers = OpenAICredentials.Headers(target),
        Edits = ModelEdit.Of(call, target) is { } edit ? [edit] : [],
    };

    public AnswerTap Tap(ProviderCall call, TargetModel target) => new OpenAIResponsesTap();
}
