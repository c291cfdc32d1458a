namespace Support;

/// <summary>
/// Compares text with a file that is kept in the repository. <c>make golden</c> (GOLDEN=rewrite) writes the files anew; the difference is
/// then read like any other change.
/// </summary>
public static class GoldenFile
{
    private static readonly bool s_rewrite = Environment.GetEnvironmentVariable("GOLDEN") == "rewrite";

    /// <summary>The root of the source tree, found by walking up from where the tests run.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>Null when the file says the same, else what differs first. A missing file differs.</summary>
    public static string? Difference(string path, string actual)
    {
        ArgumentNullException.ThrowIfNull(actual);
        if (s_rewrite)
            File.WriteAllText(path, actual);
        if (!File.Exists(path))
            return $"{path} does not exist; `make golden` writes it";
        var expected = File.ReadAllText(path).Split('\n');
        var lines = actual.Split('\n');
        for (var i = 0; i < Math.Max(expected.Length, lines.Length); i++)
        {
            var want = i < expected.Length ? expected[i] : "(end of file)";
            var got = i < lines.Length ? lines[i] : "(end of text)";
            if (want != got)
                return $"{path}:{i + 1}\n  expected: {want}\n  actual:   {got}";
        }

        return null;
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "GatewayOperator.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("the tests do not run inside the source tree");
    }
}
