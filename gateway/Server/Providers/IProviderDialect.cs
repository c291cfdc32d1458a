using Gateway.Server.Config;
using Gateway.Server.Endpoints;
using Gateway.Server.Streaming;

namespace Gateway.Server.Providers;

/// <summary>One way to have an operation answered by a target. Pure; what lives during a call is in its <see cref="AnswerTap"/>.</summary>
internal interface IProviderDialect
{
    /// <summary>What to send.</summary>
    UpstreamRequest Translate(ProviderCall call, TargetModel target);

    /// <summary>Something that understands the answer while it goes by.</summary>
    AnswerTap Tap(ProviderCall call, TargetModel target);
}

/// <summary>What a translator may know of a call.</summary>
internal sealed record ProviderCall
{
    public required Operation Operation { get; init; }

    /// <summary>The public model, as this route was asked for it.</summary>
    public required string Model { get; init; }

    public required RequestFields Fields { get; init; }

    /// <summary>The client's <c>anthropic-version</c>.</summary>
    public string? AnthropicVersion { get; init; }

    /// <summary>The client's query string, without keys; Anthropic's clients send <c>?beta=true</c>.</summary>
    public string Query { get; init; } = "";
}
