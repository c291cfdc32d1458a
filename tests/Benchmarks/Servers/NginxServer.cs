using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Benchmarks.Servers;

/// <summary>nginx as a plain reverse proxy, by nginx.conf beside this file.</summary>
internal sealed class NginxServer : Server
{
    private readonly DirectoryInfo _folder;

    private NginxServer(Process process, DirectoryInfo folder, int port)
        : base(process) => (_folder, Port) = (folder, port);

    public override string Name => "nginx";

    public override int Port { get; }

    public static NginxServer Start(int upstream)
    {
        var folder = Directory.CreateTempSubdirectory("bench-nginx-");
        var port = FreePort();
        var config = File.ReadAllText(System.IO.Path.Combine(AppContext.BaseDirectory, "Servers", "nginx.conf"))
            .Replace("{folder}", folder.FullName, StringComparison.Ordinal)
            .Replace("{port}", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{upstream}", upstream.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        var file = System.IO.Path.Combine(folder.FullName, "nginx.conf");
        File.WriteAllText(file, config);
        var process = Start(new ProcessStartInfo("nginx", ["-c", file, "-e", System.IO.Path.Combine(folder.FullName, "error.log")]));
        Waiting.Until("nginx listens", () => !process.HasExited && Waiting.Accepts(port));
        return new(process, folder, port);
    }

    public override void Dispose()
    {
        base.Dispose();
        _folder.Delete(recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
