using System.Collections.Immutable;
using Gateway.Server.Config;

namespace Gateway.Server.Providers.OpenAI;

/// <summary>A bearer token; none where the target names no secret.</summary>
internal static class OpenAICredentials
{
    public static ImmutableArray<KeyValuePair<string, string>> Headers(TargetModel target) =>
        target.Credential is { } key ? [.. target.Headers, new("Authorization", "Bearer " + key)] : target.Headers;
}
