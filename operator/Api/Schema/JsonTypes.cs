using System.Text.Json;

namespace Operator.Api.Schema;

/// <summary>Which JSON values a type of the schema takes, and what both are called.</summary>
internal static class JsonTypes
{
    /// <summary>Whether the value is of the type, its content aside.</summary>
    public static bool Fits(JsonElement value, SchemaType type) => type switch
    {
        SchemaType.Object or SchemaType.Map or SchemaType.AnyObject => value.ValueKind == JsonValueKind.Object,
        SchemaType.Array => value.ValueKind == JsonValueKind.Array,
        SchemaType.Boolean => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        SchemaType.Integer => IsInteger(value),
        SchemaType.IntOrString => value.ValueKind == JsonValueKind.String || IsInteger(value),
        _ => value.ValueKind == JsonValueKind.String,
    };

    /// <summary>With its article.</summary>
    public static string NameOf(SchemaType type) => type switch
    {
        SchemaType.Object or SchemaType.Map or SchemaType.AnyObject => "an object",
        SchemaType.Array => "a list",
        SchemaType.Boolean => "a boolean",
        SchemaType.Integer => "an integer",
        SchemaType.IntOrString => "an integer or a string",
        _ => "a string",
    };

    /// <summary>With its article.</summary>
    public static string NameOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        JsonValueKind.Number => IsInteger(value) ? "an integer" : "a number",
        JsonValueKind.String => "a string",
        _ => "null",
    };

    private static bool IsInteger(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _);
}
