using System.Text.Json;
using YamlDotNet.Serialization;

namespace Operator.Tests.Children;

/// <summary>JSON as YAML, for people to read.</summary>
internal static class YamlText
{
    private static readonly ISerializer s_serializer =
        new SerializerBuilder().WithQuotingNecessaryStrings(quoteYaml1_1Strings: true).WithIndentedSequences().Build();

    public static string Of(JsonElement json) => s_serializer.Serialize(Plain(json)!);

    private static object? Plain(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => json.EnumerateObject().ToDictionary(m => m.Name, m => Plain(m.Value)),
        JsonValueKind.Array => json.EnumerateArray().Select(Plain).ToList(),
        JsonValueKind.String => json.GetString(),
        JsonValueKind.Number => json.GetDecimal(),
        JsonValueKind.Null => null,
        _ => json.GetBoolean(),
    };
}
