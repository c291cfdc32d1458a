using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Operator.Api;

/// <summary>The one way in which objects of the API server are written and read.</summary>
/// <remarks>
/// By reflection on purpose: the source generator passes over the initializers of init-only properties, so that a list that is not in the
/// JSON would be a default(ImmutableArray) and each default would be lost (https://github.com/dotnet/runtime/issues/58770).
/// </remarks>
internal static class ApiJson
{
    /// <summary>Read-only. Unknown members are passed over: a newer server may know more than we do.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            RespectNullableAnnotations = true,
            MaxDepth = 64,
            Converters = { new ApiTime(), new SharedText(), new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false) },
            TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        };
        options.MakeReadOnly();
        return options;
    }
}
