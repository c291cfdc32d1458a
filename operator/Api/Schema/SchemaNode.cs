using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Operator.Api.Schema;

/// <summary>What a value may be: one node of the schema that the types of <see cref="Api"/> describe.</summary>
internal sealed record SchemaNode
{
    /// <summary>Its type.</summary>
    public required SchemaType Type { get; init; }

    /// <summary>The type that it was read from, for its documentation.</summary>
    public required Type ClrType { get; init; }

    /// <summary>Fields of an object.</summary>
    public ImmutableArray<SchemaMember> Members { get; init; } = [];

    /// <summary>Fields of an object that are passed over.</summary>
    public ImmutableArray<string> Ignored { get; init; } = [];

    /// <summary>Items of an array, or values of a map.</summary>
    public SchemaNode? Item { get; init; }

    /// <summary>Values of an enum.</summary>
    public ImmutableArray<string> Values { get; init; } = [];

    /// <summary>Bounds of a string.</summary>
    public TextAttribute? Text { get; init; }

    /// <summary>Bounds of an integer.</summary>
    public BoundsAttribute? Bounds { get; init; }

    /// <summary>Bounds of an array.</summary>
    public ItemsAttribute? Items { get; init; }

    /// <summary>Bounds of a map.</summary>
    public EntriesAttribute? Entries { get; init; }

    /// <summary>Rules of the type itself.</summary>
    public ImmutableArray<CelRuleAttribute> Rules { get; init; } = [];
}

/// <summary>A field of an object.</summary>
internal sealed record SchemaMember
{
    /// <summary>Its JSON name.</summary>
    public required string Name { get; init; }

    /// <summary>The property that declares it, for its documentation.</summary>
    public required string PropertyName { get; init; }

    /// <summary>What it may be.</summary>
    public required SchemaNode Node { get; init; }

    /// <summary>Whether it must be there.</summary>
    public required bool IsRequired { get; init; }

    /// <summary>What it is where it is not given: the initializer of the property. Null: nothing. An object's is <c>{}</c>.</summary>
    public JsonNode? Default { get; init; }

    /// <summary>Rules of the field, beside those of its type.</summary>
    public ImmutableArray<CelRuleAttribute> Rules { get; init; } = [];
}

/// <summary>Types of values.</summary>
internal enum SchemaType
{
    /// <summary>Known fields.</summary>
    Object,

    /// <summary>Any keys, values of one type.</summary>
    Map,

    /// <summary>A list.</summary>
    Array,

    /// <summary>Text.</summary>
    String,

    /// <summary>One of a few texts.</summary>
    Enum,

    /// <summary>Text of the form of RFC 3339.</summary>
    DateTime,

    /// <summary>Base64.</summary>
    Bytes,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>A whole number or text.</summary>
    IntOrString,

    /// <summary>An object that is not looked into.</summary>
    AnyObject,
}
