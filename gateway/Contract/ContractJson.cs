using System.Text.Json.Serialization;

namespace Gateway.Contract;

/// <summary>The one way in which both sides write and read the contract.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    MaxDepth = 64)]
[JsonSerializable(typeof(ConfigSnapshot))]
[JsonSerializable(typeof(ConfigStatus))]
[JsonSerializable(typeof(PushReply))]
public sealed partial class ContractJson : JsonSerializerContext;
