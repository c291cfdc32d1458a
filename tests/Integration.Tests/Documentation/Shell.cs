using System.Diagnostics;
using Support;
using Support.Cluster;

namespace Integration.Tests.Documentation;

/// <summary>The terminal of a reader, in the root of the source tree. What one command exports the next one has.</summary>
internal sealed class Shell(string kubeConfig)
{
    private static readonly string? s_path = Environment.GetEnvironmentVariable("PATH");

    /// <summary>In its environment.</summary>
    public Dictionary<string, string> Variables { get; } = new() { ["KUBECONFIG"] = kubeConfig };

    /// <summary>What the command prints. Fails where it does, or where it exports nothing.</summary>
    public async Task<string> RunAsync(string command)
    {
        var exported = command.StartsWith("export ", StringComparison.Ordinal) ? command.Split(' ', '=')[1] : null;
        var script = command.Replace("curl ", "curl --fail-with-body --silent --show-error ", StringComparison.Ordinal)
            + (exported is null ? "" : $"\ntest -n \"${exported}\" && printf %s \"${exported}\"");
        var start = new ProcessStartInfo("/bin/bash", ["-c", $"set -euo pipefail\n{script}"])
        {
            WorkingDirectory = GoldenFile.RepositoryRoot,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in Variables)
            start.Environment[name] = value;
        start.Environment["PATH"] = Path(command);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.ShouldBe(0, $"{command}\n{output}\n{await errors}");
        if (exported is not null)
            Variables[exported] = output;
        return output;
    }

    /// <summary>The operator would let a kubectl make a tunnel through a kubelet; without one it reaches the pods by itself.</summary>
    private static string Path(string command) => command.Split(' ')[0] switch
    {
        "operator" => Folder(InstalledCluster.ProgramOf("Operator")),
        "helm" or "make" => $"{Folder(Helm.Program)}:{Folder(Kubectl.Program)}:{s_path}",
        _ => $"{Folder(Kubectl.Program)}:{s_path}",
    };

    private static string Folder(string program) => System.IO.Path.GetDirectoryName(program) ?? "";
}
