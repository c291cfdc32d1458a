namespace Gateway.Server.Providers.Simulated;

/// <summary>What the simulated provider can be asked.</summary>
internal enum SimulatedEndpoint
{
    ChatCompletions,
    Completions,
    Embeddings,
    Responses,
    Messages,
    CountTokens,
    Unknown,
}

internal static class SimulatedEndpoints
{
    /// <summary>By the end of the path, so that any base URL will do.</summary>
    public static SimulatedEndpoint Find(string path) => path switch
    {
        _ when path.EndsWith("/chat/completions", StringComparison.Ordinal) => SimulatedEndpoint.ChatCompletions,
        _ when path.EndsWith("/completions", StringComparison.Ordinal) => SimulatedEndpoint.Completions,
        _ when path.EndsWith("/embeddings", StringComparison.Ordinal) => SimulatedEndpoint.Embeddings,
        _ when path.EndsWith("/responses", StringComparison.Ordinal) => SimulatedEndpoint.Responses,
        _ when path.EndsWith("/messages", StringComparison.Ordinal) => SimulatedEndpoint.Messages,
        _ when path.EndsWith("/messages/count_tokens", StringComparison.Ordinal) => SimulatedEndpoint.CountTokens,
        _ => SimulatedEndpoint.Unknown,
    };

    public static bool IsAnthropic(this SimulatedEndpoint endpoint) =>
        endpoint is SimulatedEndpoint.Messages or SimulatedEndpoint.CountTokens;
}
