using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Reflection;
using System.Text;
using System.Xml.Linq;

namespace Operator.Api.Definitions;

/// <summary>The doc comments of types and their members as plain text, from the documentation files that the compiler writes.</summary>
internal sealed class DocComments
{
    private readonly FrozenDictionary<string, XElement> _members;

    /// <param name="files">One documentation file for each assembly.</param>
    public DocComments(ImmutableArray<XDocument> files) =>
        _members = files.SelectMany(f => f.Descendants("member")).ToFrozenDictionary(m => (string)m.Attribute("name")!, m => m);

    /// <summary>Summary and remarks of a type; null where it has none.</summary>
    public string? OfKind(Type type) => Join(Text($"T:{IdOf(type)}", "summary"), Text($"T:{IdOf(type)}", "remarks"));

    /// <summary>Summary of a type; null where it has none.</summary>
    public string? OfType(Type type) => Text($"T:{IdOf(type)}", "summary");

    /// <summary>Summary of a property, wherever its type has it from; null where it has none.</summary>
    public string? OfProperty(PropertyInfo property) => Text($"P:{IdOf(property.DeclaringType!)}.{property.Name}", "summary");

    /// <summary>Summary of one value of an enum; null where it has none.</summary>
    public string? OfValue(Type type, string name) => Text($"F:{IdOf(type)}.{name}", "summary");

    /// <summary>https://learn.microsoft.com/dotnet/csharp/language-reference/language-specification/documentation-comments#d42-id-string-format</summary>
    private static string IdOf(Type type) => (type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName!.Replace('+', '.');

    private static string? Join(params ReadOnlySpan<string?> sentences)
    {
        var text = new StringBuilder();
        foreach (var sentence in sentences)
            text.Append(text.Length > 0 && sentence is not null ? " " : "").Append(sentence);
        return text.Length > 0 ? text.ToString() : null;
    }

    private string? Text(string id, string part)
    {
        if (!_members.TryGetValue(id, out var member) || member.Element(part) is not { } element)
            return null;
        var text = string.Concat(element.Nodes().Select(Plain));
        return string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    private static string Plain(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement { Name.LocalName: "see" } reference => NameOf(reference),
        XElement other => string.Concat(other.Nodes().Select(Plain)),
        _ => "",
    };

    private static string NameOf(XElement reference)
    {
        if ((string?)reference.Attribute("cref") is not { } id)
            return (string?)reference.Attribute("langword") ?? (string?)reference.Attribute("href") ?? reference.Value;
        var path = id.Split('(')[0];
        return path[(path.LastIndexOfAny(['.', ':']) + 1)..];
    }
}
