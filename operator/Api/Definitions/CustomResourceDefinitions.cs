using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json.Nodes;
using Operator.Api.Schema;

namespace Operator.Api.Definitions;

/// <summary>The CustomResourceDefinitions of the four kinds, made from their types.</summary>
internal static class CustomResourceDefinitions
{
    /// <summary>The kinds, in the order in which people write them.</summary>
    public static ImmutableArray<Type> Kinds { get; } = [typeof(LlmGateway), typeof(ModelRoute), typeof(VirtualKey), typeof(Budget)];

    /// <summary>The definition of one kind. Pure.</summary>
    public static JsonObject Of(Type kind, DocComments docs)
    {
        var resource = kind.GetCustomAttribute<ResourceAttribute>()!;
        return new()
        {
            ["apiVersion"] = "apiextensions.k8s.io/v1",
            ["kind"] = "CustomResourceDefinition",
            ["metadata"] = new JsonObject { ["name"] = NameOf(kind) },
            ["spec"] = new JsonObject
            {
                ["group"] = ResourceGroup.Name,
                ["scope"] = "Namespaced",
                ["names"] = new JsonObject
                {
                    ["kind"] = resource.Kind,
                    ["listKind"] = resource.Kind + "List",
                    ["plural"] = resource.Plural,
                    ["singular"] = resource.Kind.ToLowerInvariant(),
                    ["shortNames"] = new JsonArray(resource.ShortName),
                    ["categories"] = new JsonArray(ResourceGroup.Category),
                },
                ["versions"] = new JsonArray(Version(kind, docs)),
            },
        };
    }

    /// <summary>As YAML, with a line that says where it comes from. Pure.</summary>
    public static string Render(Type kind, DocComments docs) =>
        $"# Generated from operator/Api by `make crds`. Changes made here are lost.\n{YamlWriter.Write(Of(kind, docs))}";

    /// <summary>Name of the definition, <c>plural.group</c>.</summary>
    public static string NameOf(Type kind) => $"{kind.GetCustomAttribute<ResourceAttribute>()!.Plural}.{ResourceGroup.Name}";

    private static JsonObject Version(Type kind, DocComments docs)
    {
        var version = new JsonObject
        {
            ["name"] = ResourceGroup.Version,
            ["served"] = true,
            ["storage"] = true,
            ["subresources"] = Subresources(kind.GetCustomAttribute<ScaleAttribute>()),
            ["additionalPrinterColumns"] = Columns(kind),
        };
        if (kind.GetCustomAttributes<SelectableFieldAttribute>().ToList() is { Count: > 0 } fields)
            version["selectableFields"] = new JsonArray([.. fields.Select(f => new JsonObject { ["jsonPath"] = f.JsonPath })]);
        version["schema"] = new JsonObject { ["openAPIV3Schema"] = new SchemaWriter(docs).Kind(SchemaReader.Read(kind)) };
        return version;
    }

    private static JsonObject Subresources(ScaleAttribute? scale)
    {
        var subresources = new JsonObject { ["status"] = new JsonObject() };
        if (scale is not null)
        {
            subresources["scale"] = new JsonObject
            {
                ["specReplicasPath"] = scale.SpecReplicasPath,
                ["statusReplicasPath"] = scale.StatusReplicasPath,
                ["labelSelectorPath"] = scale.LabelSelectorPath,
            };
        }

        return subresources;
    }

    private static JsonArray Columns(Type kind)
    {
        var columns = new JsonArray([.. kind.GetCustomAttributes<PrinterColumnAttribute>().Select(Column)]);
        var wide = columns.Where(c => c!["priority"] is not null).Count();
        columns.Insert(columns.Count - wide, new JsonObject
        {
            ["name"] = "AGE",
            ["type"] = "date",
            ["jsonPath"] = ".metadata.creationTimestamp",
        });
        return columns;
    }

    private static JsonObject Column(PrinterColumnAttribute column)
    {
        var json = new JsonObject { ["name"] = column.Name, ["type"] = column.Type, ["jsonPath"] = column.JsonPath };
        if (column.Priority > 0)
            json["priority"] = column.Priority;
        return json;
    }
}
