using Integration.Tests.Documentation;

namespace Integration.Tests.Standalone;

/// <summary>The first page, word by word.</summary>
public sealed class ReadmeTests : IDisposable
{
    private readonly StandaloneFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_it_tells_a_newcomer_to_call_answers()
    {
        var commands = DocumentedCommands.Of("README.md", "## On a laptop").Where(NeedsNoProvider).ToList();
        commands.Count.ShouldBeGreaterThan(2);
        await using var child = await OperatorChild.ServeAsync(_folder);
        var (url, key) = await child.EvaluateAsync();
        var shell = new Shell("/dev/null") { Variables = { ["GATEWAY_URL"] = url, ["GATEWAY_KEY"] = key } };

        foreach (var command in commands)
            (await shell.RunAsync(command)).ShouldStartWith("{", customMessage: command);
    }

    private static bool NeedsNoProvider(string command) =>
        command.StartsWith("curl ", StringComparison.Ordinal) && !command.Contains("\"claude\"", StringComparison.Ordinal);
}
