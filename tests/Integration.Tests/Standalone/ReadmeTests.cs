using System.Diagnostics;
using Support;

namespace Integration.Tests.Standalone;

/// <summary>The first page, word by word.</summary>
public sealed class ReadmeTests : IDisposable
{
    private readonly StandaloneFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_it_tells_a_newcomer_to_call_answers()
    {
        var commands = Commands("## On a laptop").Where(NeedsNoProvider).ToList();
        commands.Count.ShouldBeGreaterThan(2);
        await using var child = await OperatorChild.ServeAsync(_folder);
        var (url, key) = await child.EvaluateAsync();

        foreach (var command in commands)
        {
            var start = new ProcessStartInfo("bash", ["-c", command.Replace("curl ", "curl --fail-with-body --silent --show-error ", StringComparison.Ordinal)])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment["GATEWAY_URL"] = url;
            start.Environment["GATEWAY_KEY"] = key;
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            process.ExitCode.ShouldBe(0, $"{command}\n{output}\n{await errors}");
            output.ShouldStartWith("{", customMessage: command);
        }
    }

    /// <summary>Calls of the chapter, continued lines joined.</summary>
    private static IEnumerable<string> Commands(string chapter) =>
        string.Join('\n', File.ReadLines(Path.Combine(GoldenFile.RepositoryRoot, "README.md"))
            .SkipWhile(line => line != chapter)
            .Skip(1)
            .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal)))
            .Replace("\\\n", "", StringComparison.Ordinal)
            .Split('\n')
            .Where(line => line.StartsWith("    curl ", StringComparison.Ordinal))
            .Select(line => line.Trim());

    private static bool NeedsNoProvider(string command) => !command.Contains("\"claude\"", StringComparison.Ordinal);
}
