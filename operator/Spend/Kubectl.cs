using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;

namespace Operator.Spend;

/// <summary>The user's kubectl. What it complains of is an <see cref="IOException"/> with its last words.</summary>
/// <param name="program">Its path.</param>
/// <param name="options">Go before the arguments of every call.</param>
internal sealed class Kubectl(string program, ImmutableArray<string> options)
{
    /// <summary>The first one on the PATH; null where there is none.</summary>
    public static string? Find(string? path)
    {
        var name = OperatingSystem.IsWindows() ? "kubectl.exe" : "kubectl";
        return (path ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
    }

    /// <summary>Runs it to its end; what it prints.</summary>
    public async Task<byte[]> RunAsync(string[] arguments, CancellationToken cancellation)
    {
        using var process = Start(arguments);
        try
        {
            using var output = new MemoryStream();
            var error = process.StandardError.ReadToEndAsync(cancellation);
            await process.StandardOutput.BaseStream.CopyToAsync(output, cancellation);
            await process.WaitForExitAsync(cancellation);
            return process.ExitCode == 0 ? output.ToArray() : throw Failure(await error);
        }
        finally
        {
            Kill(process);
        }
    }

    /// <summary>A port of a pod as a free one of this machine, until it is disposed.</summary>
    public async Task<KubectlTunnel> ForwardAsync(Kubernetes.ObjectKey pod, int port, CancellationToken cancellation)
    {
        var ports = string.Create(CultureInfo.InvariantCulture, $":{port}");
        var process = Start(["port-forward", $"pod/{pod.Name}", ports, "--address", "127.0.0.1", "--namespace", pod.Namespace]);
        try
        {
            return await KubectlTunnel.OpenAsync(process, cancellation)
                ?? throw Failure(await process.StandardError.ReadToEndAsync(cancellation));
        }
        catch
        {
            Kill(process);
            process.Dispose();
            throw;
        }
    }

    /// <summary>Its last line that is not empty: those before it are attempts of the same.</summary>
    public static string LastLine(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "";

    /// <summary>It leaves nothing behind.</summary>
    public static void Kill(Process process)
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
    }

    private static IOException Failure(string error) => new($"kubectl: {LastLine(error)}");

    private Process Start(string[] arguments)
    {
        var start = new ProcessStartInfo(program, [.. options, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new IOException($"{program} cannot be started: {e.Message}", e);
        }
    }
}
