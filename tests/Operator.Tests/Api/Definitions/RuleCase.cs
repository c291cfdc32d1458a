using System.Text.Json.Nodes;
using Operator.Standalone.Manifests;
using Support;

namespace Operator.Tests.Api.Definitions;

/// <summary>
/// An object that a rule lets through, the same object after a change that it refuses, and what the user then reads. The first line of the
/// file says <c># field: message</c>.
/// </summary>
internal sealed record RuleCase
{
    public static string Folder { get; } = Path.Combine(GoldenFile.RepositoryRoot, "tests/Operator.Tests/Api/Definitions/cases");

    public required string Kind { get; init; }

    public required string Field { get; init; }

    public required string Message { get; init; }

    public required JsonNode Accepted { get; init; }

    public required JsonNode Refused { get; init; }

    /// <summary>As <c>Kind/name</c>.</summary>
    public static IEnumerable<string> Names() => Directory.GetFiles(Folder, "*.yaml", SearchOption.AllDirectories)
        .Select(f => Path.ChangeExtension(Path.GetRelativePath(Folder, f), null)).Order(StringComparer.Ordinal);

    public static RuleCase Read(string name)
    {
        var yaml = File.ReadAllText(Path.Combine(Folder, $"{name}.yaml"));
        var title = yaml[..yaml.IndexOf('\n', StringComparison.Ordinal)]["# ".Length..];
        var field = title.Split(": ", 2) is [{ } path, _] && !path.Contains(' ', StringComparison.Ordinal) ? path : "";
        var documents = YamlManifests.Parse(yaml).Documents;
        documents.Length.ShouldBe(2);
        return new()
        {
            Kind = Path.GetDirectoryName(name)!,
            Field = field,
            Message = field.Length == 0 ? title : title[(field.Length + 2)..],
            Accepted = documents[0].Json!,
            Refused = documents[1].Json!,
        };
    }
}
