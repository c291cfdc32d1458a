using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Operator.Api.Schema;

/// <summary>One field of a type, as JSON sees it.</summary>
/// <param name="Property">Carries the bounds.</param>
/// <param name="Type">Without its nullability.</param>
/// <param name="IsRequired">Must be given.</param>
internal sealed record TypeField(PropertyInfo Property, Type Type, bool IsRequired);

/// <summary>The fields of the resource types, by their JSON names.</summary>
internal static class TypeFields
{
    private static readonly ConcurrentDictionary<Type, ImmutableSortedDictionary<string, TypeField>> s_types = new();

    public static ImmutableSortedDictionary<string, TypeField> Of(Type type) => s_types.GetOrAdd(type, Read);

    /// <summary>The item's type of a list; null for what is no list.</summary>
    public static Type? ItemOf(Type type) => Argument(type, typeof(ImmutableArray<>), 0);

    /// <summary>The value's type of a map; null for what is no map.</summary>
    public static Type? EntryOf(Type type) => Argument(type, typeof(ImmutableSortedDictionary<,>), 1);

    private static Type? Argument(Type type, Type generic, int index) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == generic ? Plain(type.GetGenericArguments()[index]) : null;

    private static ImmutableSortedDictionary<string, TypeField> Read(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.CanWrite)
            .ToImmutableSortedDictionary(
                NameOf,
                p => new TypeField(p, Plain(p.PropertyType), p.IsDefined(typeof(RequiredMemberAttribute))),
                StringComparer.Ordinal);

    private static string NameOf(PropertyInfo property) =>
        property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(property.Name);

    private static Type Plain(Type type) => Nullable.GetUnderlyingType(type) ?? type;
}
