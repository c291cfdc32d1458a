using System.Diagnostics;
using System.Globalization;

namespace Benchmarks.Servers;

/// <summary>The provider, which is also what "direct" means: no server between.</summary>
internal sealed class UpstreamServer : Server
{
    public const string Command = "upstream";

    private UpstreamServer(Process process, int port)
        : base(process) => Port = port;

    public override string Name => "direct";

    public override int Port { get; }

    public static UpstreamServer Start()
    {
        var process = Start(new ProcessStartInfo(Environment.ProcessPath!, Command));
        return new(process, int.Parse(process.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture));
    }
}
