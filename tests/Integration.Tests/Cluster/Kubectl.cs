using System.Diagnostics;
using Support;
using Support.ControlPlane;

namespace Integration.Tests.Cluster;

/// <summary>The real one: from the folder of the control plane, else from PATH.</summary>
internal sealed class Kubectl(string kubeConfig)
{
    private static readonly string s_program = File.Exists(ControlPlaneBinaries.Of("kubectl")) ? ControlPlaneBinaries.Of("kubectl") : "kubectl";

    /// <summary>In the root of the source tree; what it prints. Fails where it fails.</summary>
    public async Task<string> RunAsync(params string[] arguments)
    {
        var (exitCode, output, error) = await TryAsync(arguments);
        exitCode.ShouldBe(0, $"kubectl {string.Join(' ', arguments)}\n{error}");
        return output;
    }

    /// <summary>What it prints, to standard output and standard error.</summary>
    public async Task<(int ExitCode, string Output, string Error)> TryAsync(params string[] arguments)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var start = new ProcessStartInfo(s_program, ["--kubeconfig", kubeConfig, .. arguments])
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
}
