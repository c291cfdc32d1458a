using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Gateway.Contract;

/// <summary>The one way in which both sides write and read the contract.</summary>
/// <remarks>
/// By reflection: the source generator sets every init-only member that the JSON leaves out to its type's default instead of to the
/// default that stands here (https://github.com/dotnet/runtime/issues/58770).
/// </remarks>
public sealed class ContractJson
{
    private static readonly JsonSerializerOptions s_options = Make();

    private ContractJson()
    {
    }

    /// <summary>The only one.</summary>
    public static ContractJson Default { get; } = new();

    /// <summary>A snapshot.</summary>
    public JsonTypeInfo<ConfigSnapshot> ConfigSnapshot { get; } = Of<ConfigSnapshot>();

    /// <summary>What a gateway says of itself.</summary>
    public JsonTypeInfo<ConfigStatus> ConfigStatus { get; } = Of<ConfigStatus>();

    /// <summary>What a gateway says to a push.</summary>
    public JsonTypeInfo<PushReply> PushReply { get; } = Of<PushReply>();

    /// <summary>Where the durable copy of a snapshot stands.</summary>
    public JsonTypeInfo<DurableIndex> DurableIndex { get; } = Of<DurableIndex>();

    /// <summary>A part of a snapshot, for finding the one that cannot be read.</summary>
    public JsonTypeInfo<ObjectReference> ObjectReference { get; } = Of<ObjectReference>();

    /// <inheritdoc cref="ObjectReference"/>
    public JsonTypeInfo<RouteConfig> RouteConfig { get; } = Of<RouteConfig>();

    /// <inheritdoc cref="ObjectReference"/>
    public JsonTypeInfo<KeyConfig> KeyConfig { get; } = Of<KeyConfig>();

    /// <inheritdoc cref="ObjectReference"/>
    public JsonTypeInfo<BudgetConfig> BudgetConfig { get; } = Of<BudgetConfig>();

    /// <inheritdoc cref="ObjectReference"/>
    public JsonTypeInfo<PriceConfig> PriceConfig { get; } = Of<PriceConfig>();

    private static JsonTypeInfo<T> Of<T>() => (JsonTypeInfo<T>)s_options.GetTypeInfo(typeof(T));

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            RespectNullableAnnotations = true,
            MaxDepth = 64,
            Converters = { new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false) },
            TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        };
        options.MakeReadOnly();
        return options;
    }
}
