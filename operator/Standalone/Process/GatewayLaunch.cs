using System.Diagnostics;
using Operator.Standalone.State;

namespace Operator.Standalone.Process;

/// <summary>How a gateway process is started.</summary>
internal sealed record GatewayLaunch
{
    /// <summary>Path of a program, or a program with arguments between spaces.</summary>
    public required string Command { get; init; }

    /// <summary>Port of the data plane on the loopback address; 0: any free one.</summary>
    public required int Port { get; init; }

    /// <summary>Port of the metrics; 0: any free one.</summary>
    public required int MetricsPort { get; init; }

    /// <summary>Where its files are.</summary>
    public required GatewayState State { get; init; }

    /// <summary>Everything by environment variables, bound to this machine alone. Without its standard input it ends.</summary>
    public ProcessStartInfo ToStartInfo()
    {
        var words = File.Exists(Command) ? [Command] : Command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["GATEWAY_DATA_ADDRESS"] = Loopback(Port);
        start.Environment["GATEWAY_ADMIN_ADDRESS"] = Loopback(0);
        start.Environment["GATEWAY_METRICS_ADDRESS"] = Loopback(MetricsPort);
        start.Environment["GATEWAY_STATE_DIRECTORY"] = State.DataFolder;
        start.Environment["GATEWAY_ADMIN_TOKEN_FILE"] = State.TokenFile;
        start.Environment["GATEWAY_ADMIN_CERTIFICATE_FILE"] = State.CertificateFile;
        start.Environment["GATEWAY_ALLOW_LOOPBACK_UPSTREAMS"] = "true";
        start.Environment["GATEWAY_EXIT_WITH_STDIN"] = "true";
        return start;
    }

    private static string Loopback(int port) => FormattableString.Invariant($"127.0.0.1:{port}");
}
