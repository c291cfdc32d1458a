using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Gateway.Contract;

namespace Operator.Api.Definitions;

/// <summary>
/// <c>operator crds</c>: writes the CustomResourceDefinitions into a folder, the reference of their fields, and their part of the chart's
/// schema.
/// </summary>
internal static class CrdsCommand
{
    public static Command Create()
    {
        var output = new Option<string>("--output") { Description = "Folder that they are written into", Required = true };
        var schema = new Option<string?>("--values-schema") { Description = "The chart's values.schema.json, to be brought up to date" };
        var command = new Command("crds", "Write the CustomResourceDefinitions") { output, schema };
        command.Hidden = true;
        command.SetAction(parsed => Write(parsed.GetRequiredValue(output), parsed.GetValue(schema)));
        return command;
    }

    /// <summary>The documentation files lie beside the assemblies of a build; a published operator has none.</summary>
    public static DocComments ReadDocs() =>
        new([XDocument.Load(FileOf(typeof(LlmGateway))), XDocument.Load(FileOf(typeof(SnapshotValidator)))]);

    private static void Write(string folder, string? schema)
    {
        var docs = ReadDocs();
        Directory.CreateDirectory(folder);
        foreach (var kind in CustomResourceDefinitions.Kinds)
        {
            var file = Path.Combine(folder, $"{CustomResourceDefinitions.NameOf(kind)}.yaml");
            File.WriteAllText(file, CustomResourceDefinitions.Render(kind, docs));
        }

        ImmutableArray<JsonObject> definitions = [.. CustomResourceDefinitions.Kinds.Select(k => CustomResourceDefinitions.Of(k, docs))];
        File.WriteAllText(Path.Combine(folder, "README.md"), ReferenceWriter.Render(definitions));
        if (schema is not null)
            File.WriteAllText(schema, ValuesSchema.Render(File.ReadAllText(schema), definitions));
    }

    private static string FileOf(Type type) => Path.Combine(AppContext.BaseDirectory, $"{type.Assembly.GetName().Name}.xml");
}
