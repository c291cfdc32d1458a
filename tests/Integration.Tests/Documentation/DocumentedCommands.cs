using System.Collections.Immutable;
using Support;

namespace Integration.Tests.Documentation;

/// <summary>The commands of a text, as its reader would copy them: the lines of indented blocks, continued ones joined.</summary>
internal static class DocumentedCommands
{
    private static readonly string[] s_programs = ["kubectl", "helm", "operator", "curl", "export", "make", "kind"];

    /// <summary>Of a page of the source tree.</summary>
    /// <param name="page">Its path.</param>
    /// <param name="chapter">Its line; null: the whole page.</param>
    public static ImmutableArray<string> Of(string page, string? chapter = null)
    {
        var lines = File.ReadLines(Path.Combine(GoldenFile.RepositoryRoot, page));
        if (chapter is not null)
            lines = lines.SkipWhile(line => line != chapter).Skip(1).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal));
        return In(string.Join('\n', lines));
    }

    /// <summary>Of a text.</summary>
    public static ImmutableArray<string> In(string text) =>
    [
        .. text.Replace("\\\n", "", StringComparison.Ordinal).Split('\n')
            .Where(line => line.StartsWith("    ", StringComparison.Ordinal))
            .Select(line => line.Trim())
            .Where(line => s_programs.Contains(line.Split(' ')[0])),
    ];
}
