using Gateway.Contract;
using Operator.Push;

namespace Operator.Tests.Push;

internal static class Configs
{
    /// <summary>The smallest config; revisions with another limit have another hash.</summary>
    public static StampedConfig Revision(long revision, int assumedOutputTokens = 4096) => new(
        new()
        {
            SchemaVersion = ConfigSnapshot.CurrentSchemaVersion,
            Gateway = "uid-1",
            Revision = 0,
            Hash = "",
            Object = new() { Kind = "LlmGateway", Namespace = "default", Name = "main" },
            Settings = new() { AssumedOutputTokens = assumedOutputTokens },
        },
        revision);
}
