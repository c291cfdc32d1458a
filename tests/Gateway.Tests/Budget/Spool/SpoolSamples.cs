using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Gateway.Server.Budget.Spool;

namespace Gateway.Tests.Budget.Spool;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SpoolLine<string>), TypeInfoPropertyName = "Line")]
[JsonSerializable(typeof(SpoolLine<ImmutableArray<int>>), TypeInfoPropertyName = "NumbersLine")]
internal sealed partial class SpoolSamples : JsonSerializerContext
{
    public static SpoolLine<string> LineOf(long number, params string[] items) =>
        new() { Session = "s", Number = number, Count = items.Length, Items = [.. items] };
}
