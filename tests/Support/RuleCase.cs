namespace Support;

/// <summary>
/// An object that a rule of its kind lets through, the same object after a change that the rule refuses, and what the user then reads. In
/// the file two documents; its first line says <c># field: message</c>, or only the message where the object as a whole is meant.
/// </summary>
public sealed record RuleCase
{
    private const string Separator = "---\n";

    private static readonly string s_folder = Path.Combine(GoldenFile.RepositoryRoot, "tests/Operator.Tests/Api/Definitions/cases");

    /// <summary>The kind whose rule it is.</summary>
    public required string Kind { get; init; }

    /// <summary>Path of the field that is refused; empty: the object as a whole.</summary>
    public required string Field { get; init; }

    /// <summary>Why it is refused.</summary>
    public required string Message { get; init; }

    /// <summary>YAML of the object that is let through.</summary>
    public required string Accepted { get; init; }

    /// <summary>YAML of the object that is refused.</summary>
    public required string Refused { get; init; }

    /// <summary>Each as <c>Kind/name</c>.</summary>
    public static IEnumerable<string> Names() => Directory.GetFiles(s_folder, "*.yaml", SearchOption.AllDirectories)
        .Select(f => Path.ChangeExtension(Path.GetRelativePath(s_folder, f), null)).Order(StringComparer.Ordinal);

    /// <summary>One of the <see cref="Names"/>.</summary>
    public static RuleCase Read(string name)
    {
        var documents = File.ReadAllText(Path.Combine(s_folder, $"{name}.yaml")).Split(Separator);
        var title = documents[0].Split('\n')[0]["# ".Length..];
        var colon = title.IndexOf(": ", StringComparison.Ordinal);
        var hasField = colon > 0 && !title.AsSpan(0, colon).Contains(' ');
        return new()
        {
            Kind = Path.GetDirectoryName(name)!,
            Field = hasField ? title[..colon] : "",
            Message = hasField ? title[(colon + 2)..] : title,
            Accepted = documents[0],
            Refused = documents[1],
        };
    }
}
