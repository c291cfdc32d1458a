using System.Diagnostics;

namespace Support.Cluster;

/// <summary>The real one: from PATH, else the one that <c>tests/provision.sh</c> brings.</summary>
/// <param name="kubeConfig">Of the API server; null: only what needs none is run.</param>
/// <param name="cancellation">Gives up.</param>
public sealed class Helm(string? kubeConfig = null, CancellationToken cancellation = default)
{
    private static readonly Lazy<string> s_program = new(Find);

    /// <summary>Its path.</summary>
    public static string Program => s_program.Value;

    /// <summary>The chart of the source tree.</summary>
    public static string Chart { get; } = Path.Combine(GoldenFile.RepositoryRoot, "charts", "llm-gateway-operator");

    /// <summary>What it prints. Throws <see cref="InvalidOperationException"/> where it fails.</summary>
    public async Task<string> RunAsync(params string[] arguments)
    {
        var (exitCode, output, error) = await TryAsync(arguments);
        return exitCode == 0 ? output : throw new InvalidOperationException($"helm {string.Join(' ', arguments)}\n{error}");
    }

    /// <summary>What it prints, to standard output and standard error.</summary>
    public async Task<(int ExitCode, string Output, string Error)> TryAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = GoldenFile.RepositoryRoot,
        };
        start.Environment["KUBECONFIG"] = kubeConfig ?? "/dev/null";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(cancellation);
        var output = await process.StandardOutput.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        return (process.ExitCode, output, await error);
    }

    private static string Find()
    {
        var brought = Path.Combine(GoldenFile.RepositoryRoot, "artifacts", "tools", "node_modules", ".bin", "helm");
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(f => Path.Combine(f, "helm"))
            .Append(brought)
            .FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException("there is no helm on PATH; `tests/provision.sh` installs what the tests need");
    }
}
