using Support;

namespace Operator.Tests;

/// <summary>Tables of operator/README.md, so that they can be held against what they are about.</summary>
internal static class ReadmeTable
{
    /// <summary>Cells of the rows of the table whose first column has this heading.</summary>
    public static IEnumerable<string[]> Rows(string heading) =>
        File.ReadLines(Path.Combine(GoldenFile.RepositoryRoot, "operator", "README.md"))
            .SkipWhile(l => !l.StartsWith($"| {heading} |", StringComparison.Ordinal))
            .Skip(2)
            .TakeWhile(l => l.StartsWith('|'))
            .Select(l => l.Trim('|').Split('|').Select(c => c.Trim()).ToArray());

    /// <summary>What stands between backticks.</summary>
    public static IEnumerable<string> Names(string cell) => cell.Split('`').Where((_, i) => i % 2 == 1);
}
