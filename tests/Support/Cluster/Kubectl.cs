using System.Diagnostics;
using Support.ControlPlane;

namespace Support.Cluster;

/// <summary>The real one: from the folder of the control plane, from PATH, or the one that <c>tests/provision.sh</c> brings.</summary>
public sealed class Kubectl(string kubeConfig, CancellationToken cancellation = default)
{
    /// <summary>Its path.</summary>
    public static string Program { get; } = Find();

    /// <summary>In the root of the source tree; what it prints. Throws <see cref="InvalidOperationException"/> where it fails.</summary>
    public async Task<string> RunAsync(params string[] arguments)
    {
        var (exitCode, output, error) = await TryAsync(arguments);
        return exitCode == 0 ? output : throw new InvalidOperationException($"kubectl {string.Join(' ', arguments)}\n{error}");
    }

    /// <summary>What it prints, to standard output and standard error.</summary>
    public async Task<(int ExitCode, string Output, string Error)> TryAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Program, ["--kubeconfig", kubeConfig, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = GoldenFile.RepositoryRoot,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(cancellation);
        var output = await process.StandardOutput.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        return (process.ExitCode, output, await error);
    }

    private static string Find()
    {
        var brought = Path.Combine(GoldenFile.RepositoryRoot, "artifacts", "tools", "kubectl");
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(f => Path.Combine(f, "kubectl"))
            .Prepend(ControlPlaneBinaries.Of("kubectl"))
            .Append(brought)
            .FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException("there is no kubectl on PATH; `tests/provision.sh` installs what the tests need");
    }
}
