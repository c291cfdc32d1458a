using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Operator.Api.Schema;

/// <summary>
/// Reads the schema off the types: <c>required</c> is required, a nullable property is optional, any other is optional with its
/// initializer as default; attributes give the bounds.
/// </summary>
internal static class SchemaReader
{
    private static readonly ConcurrentDictionary<Type, SchemaNode> s_objects = new();
    private static readonly NullabilityInfoContext s_nullability = new();
    private static readonly Lock s_lock = new();

    /// <summary>The schema of a kind, or of any record of the API.</summary>
    public static SchemaNode Read(Type type)
    {
        lock (s_lock)
            return ReadObject(type);
    }

    private static SchemaNode ReadObject(Type type)
    {
        if (s_objects.TryGetValue(type, out var known))
            return known;
        var sample = Activator.CreateInstance(type)!;
        var node = new SchemaNode
        {
            Type = SchemaType.Object,
            ClrType = type,
            Members = [.. type.GetProperties().Where(IsField).OrderBy(Order).Select(p => ReadMember(p, sample))],
            Ignored = [.. type.GetCustomAttribute<IgnoredMembersAttribute>()?.Names ?? []],
            Rules = [.. type.GetCustomAttributes<CelRuleAttribute>()],
        };
        return s_objects[type] = node;
    }

    private static bool IsField(PropertyInfo property) =>
        property.CanWrite && property.GetCustomAttribute<JsonIgnoreAttribute>() is null;

    private static int Order(PropertyInfo property) => property.GetCustomAttribute<JsonPropertyOrderAttribute>()?.Order ?? 0;

    private static SchemaMember ReadMember(PropertyInfo property, object sample)
    {
        var isRequired = property.GetCustomAttribute<RequiredMemberAttribute>() is not null;
        return new()
        {
            Name = property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(property.Name),
            PropertyName = property.Name,
            Node = ReadValue(property.PropertyType, property),
            IsRequired = isRequired,
            Default = isRequired || IsNullable(property) ? null : DefaultOf(property.GetValue(sample)),
            Rules = [.. property.GetCustomAttributes<CelRuleAttribute>()],
        };
    }

    private static bool IsNullable(PropertyInfo property) =>
        Nullable.GetUnderlyingType(property.PropertyType) is not null
        || s_nullability.Create(property).WriteState == NullabilityState.Nullable;

    /// <summary>An empty list or map is as good as none, and an object's members have their own defaults.</summary>
    private static JsonNode? DefaultOf(object? value) => value switch
    {
        null or "" => null,
        string or bool or Enum or IntOrString => JsonSerializer.SerializeToNode(value, value.GetType(), ApiJson.Options),
        int or long => JsonSerializer.SerializeToNode(value, value.GetType(), ApiJson.Options),
        IEnumerable many => many.Cast<object>().Any() ? JsonSerializer.SerializeToNode(value, value.GetType(), ApiJson.Options) : null,
        _ => new JsonObject(),
    };

    private static SchemaNode ReadValue(Type type, PropertyInfo property)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        var node = new SchemaNode
        {
            Type = TypeOf(type),
            ClrType = type,
            Text = property.GetCustomAttribute<TextAttribute>(),
            Bounds = property.GetCustomAttribute<BoundsAttribute>(),
        };
        return node.Type switch
        {
            SchemaType.Object => ReadObject(type),
            SchemaType.Enum => node with { Values = [.. Enum.GetNames(type)] },
            SchemaType.Array => node with
            {
                Items = property.GetCustomAttribute<ItemsAttribute>(),
                Item = ReadValue(type.GetGenericArguments()[0], property),
            },
            SchemaType.Map => node with
            {
                Entries = property.GetCustomAttribute<EntriesAttribute>(),
                Item = ReadValue(type.GetGenericArguments()[1], property),
            },
            _ => node,
        };
    }

    private static SchemaType TypeOf(Type type) => type switch
    {
        _ when type == typeof(string) => SchemaType.String,
        _ when type == typeof(bool) => SchemaType.Boolean,
        _ when type == typeof(int) || type == typeof(long) => SchemaType.Integer,
        _ when type == typeof(DateTimeOffset) => SchemaType.DateTime,
        _ when type == typeof(byte[]) => SchemaType.Bytes,
        _ when type == typeof(IntOrString) => SchemaType.IntOrString,
        _ when type == typeof(JsonElement) => SchemaType.AnyObject,
        { IsEnum: true } => SchemaType.Enum,
        { IsGenericType: true } when type.GetGenericTypeDefinition() == typeof(ImmutableArray<>) => SchemaType.Array,
        { IsGenericType: true } when type.GetGenericTypeDefinition() == typeof(ImmutableSortedDictionary<,>) => SchemaType.Map,
        { IsClass: true } => SchemaType.Object,
        _ => throw new NotSupportedException($"{type} has no place in a schema"),
    };
}
