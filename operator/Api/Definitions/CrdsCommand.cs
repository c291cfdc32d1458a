using System.CommandLine;
using System.Xml.Linq;
using Gateway.Contract;

namespace Operator.Api.Definitions;

/// <summary><c>operator crds</c>: writes the CustomResourceDefinitions into a folder, and the reference of their fields.</summary>
internal static class CrdsCommand
{
    public static Command Create()
    {
        var output = new Option<string>("--output") { Description = "Folder that they are written into", Required = true };
        var command = new Command("crds", "Write the CustomResourceDefinitions") { output };
        command.Hidden = true;
        command.SetAction(parsed => Write(parsed.GetRequiredValue(output)));
        return command;
    }

    /// <summary>The documentation files lie beside the assemblies of a build; a published operator has none.</summary>
    public static DocComments ReadDocs() =>
        new([XDocument.Load(FileOf(typeof(LlmGateway))), XDocument.Load(FileOf(typeof(SnapshotValidator)))]);

    private static void Write(string folder)
    {
        var docs = ReadDocs();
        Directory.CreateDirectory(folder);
        foreach (var kind in CustomResourceDefinitions.Kinds)
        {
            var file = Path.Combine(folder, $"{CustomResourceDefinitions.NameOf(kind)}.yaml");
            File.WriteAllText(file, CustomResourceDefinitions.Render(kind, docs));
        }

        var definitions = CustomResourceDefinitions.Kinds.Select(kind => CustomResourceDefinitions.Of(kind, docs));
        File.WriteAllText(Path.Combine(folder, "README.md"), ReferenceWriter.Render([.. definitions]));
    }

    private static string FileOf(Type type) => Path.Combine(AppContext.BaseDirectory, $"{type.Assembly.GetName().Name}.xml");
}
