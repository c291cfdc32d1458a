using System.Text.Json.Nodes;

namespace Operator.Tests.Standalone;

internal static class Texts
{
    public static string ToJsonOrNull(this JsonNode? node) => node?.ToJsonString() ?? "null";
}
