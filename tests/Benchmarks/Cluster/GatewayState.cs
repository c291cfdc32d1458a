using System.Text.Json.Nodes;

namespace Benchmarks.Cluster;

/// <summary>What an LlmGateway says of itself.</summary>
internal sealed record GatewayState
{
    /// <summary>Of the config that is wanted; 0 before the first.</summary>
    public required long Revision { get; init; }

    /// <summary>Which have it.</summary>
    public required int AckedPods { get; init; }

    /// <summary>Routes, keys and budgets in it.</summary>
    public required int Attached { get; init; }

    /// <summary>The condition.</summary>
    public required bool IsReady { get; init; }

    public static GatewayState Of(JsonObject value)
    {
        var status = value["status"];
        return new()
        {
            Revision = (long?)status?["config"]?["revision"] ?? 0,
            AckedPods = (int?)status?["config"]?["ackedPods"] ?? 0,
            Attached = (int?)status?["attachedRoutes"] + (int?)status?["attachedKeys"] + (int?)status?["attachedBudgets"] ?? 0,
            IsReady = IsReadyOf(value),
        };
    }

    /// <summary>Whether any of our objects is Ready in its present generation.</summary>
    public static bool IsReadyOf(JsonObject value) =>
        (value["status"]?["conditions"] as JsonArray)?.FirstOrDefault(c => (string?)c!["type"] == "Ready") is { } ready
        && (string?)ready["status"] == "True"
        && (long?)ready["observedGeneration"] == (long?)value["metadata"]!["generation"];
}
