using System.Collections;
using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Operator.Tests.Status;

/// <summary>
/// A record in which every property has a value, and others that differ from it in one place each, however deep: by reflection, so that a
/// property that is added later is among them.
/// </summary>
internal static class StatusVariants
{
    private static readonly DateTimeOffset s_time = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    public static T Full<T>() => (T)Make(typeof(T));

    /// <summary>Each with the path at which it differs from <see cref="Full{T}"/>.</summary>
    public static IEnumerable<(string Path, T Value)> Of<T>() => Of(typeof(T), Make(typeof(T))).Select(v => (v.Path, (T)v.Value!));

    private static object Make(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (Leaf(type, second: false) is { } leaf)
            return leaf;
        if (ItemOf(type) is { } item)
            return Array(item, Make(item));
        var value = RuntimeHelpers.GetUninitializedObject(type);
        foreach (var property in Properties(type))
            property.SetValue(value, Make(property.PropertyType));
        return value;
    }

    private static IEnumerable<(string Path, object? Value)> Of(Type type, object value)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (Leaf(type, second: true) is { } other)
            return [("", other)];
        return ItemOf(type) is { } item ? OfArray(item, ((IEnumerable)value).Cast<object>().Single()) : OfRecord(type, value);
    }

    private static IEnumerable<(string Path, object? Value)> OfArray(Type item, object only) =>
    [
        ("[] emptied", Array(item)),
        ("[] doubled", Array(item, only, only)),
        .. Of(item, only).Select(v => ($"[0]{v.Path}", (object?)Array(item, v.Value!))),
    ];

    private static IEnumerable<(string Path, object? Value)> OfRecord(Type type, object value)
    {
        foreach (var property in Properties(type))
        {
            foreach (var (path, changed) in Of(property.PropertyType, property.GetValue(value)!))
                yield return ($".{property.Name}{path}", With(type, property, changed));
            if (!property.PropertyType.IsValueType || Nullable.GetUnderlyingType(property.PropertyType) is not null)
                yield return ($".{property.Name} gone", With(type, property, null));
        }
    }

    private static object With(Type type, PropertyInfo property, object? changed)
    {
        var copy = Make(type);
        property.SetValue(copy, changed);
        return copy;
    }

    private static object? Leaf(Type type, bool second) => type switch
    {
        _ when type == typeof(string) => second ? "b" : "a",
        _ when type == typeof(bool) => !second,
        _ when type == typeof(int) => second ? 2 : 1,
        _ when type == typeof(long) => second ? 2L : 1L,
        _ when type == typeof(DateTimeOffset) => second ? s_time.AddSeconds(1) : s_time,
        _ when type.IsEnum => Enum.GetValues(type).GetValue(second ? 1 : 0),
        _ => null,
    };

    private static Type? ItemOf(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>) ? type.GetGenericArguments()[0] : null;

    private static object Array(Type item, params object[] items)
    {
        var array = System.Array.CreateInstance(item, items.Length);
        items.CopyTo(array, 0);
        return typeof(ImmutableArray).GetMethods()
            .Single(m => m.Name == nameof(ImmutableArray.Create) && m.GetParameters() is [{ ParameterType.IsArray: true }])
            .MakeGenericMethod(item).Invoke(null, [array])!;
    }

    private static IEnumerable<PropertyInfo> Properties(Type type) =>
        type.GetProperties(BindingFlags.Instance | BindingFlags.Public).Where(p => p.CanWrite);
}
