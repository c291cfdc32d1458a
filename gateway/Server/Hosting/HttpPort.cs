using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Gateway.Server.Hosting;

/// <summary>One listening Kestrel with nothing in front of its handler.</summary>
internal sealed class HttpPort : IAsyncDisposable
{
    private static readonly ReceiveBlocks s_blocks = new();

    private readonly WebApplication _app;

    /// <param name="address">Port 0 takes a free one.</param>
    /// <param name="certificate">Null for plain HTTP.</param>
    /// <param name="maxBodyBytes">Null where the handler sees to it.</param>
    /// <param name="inline">
    /// Requests are handled on the threads that watch the sockets, see <see cref="SocketThreads"/>: for a handler that is never long at
    /// work.
    /// </param>
    /// <param name="handler">Gets every request.</param>
    /// <param name="loggers">Shared by all ports.</param>
    public HttpPort(
        IPEndPoint address,
        ReloadedCertificate? certificate,
        long? maxBodyBytes,
        bool inline,
        RequestDelegate handler,
        ILoggerFactory loggers)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();

        // The host's own 30 s would cut every stream that a longer drain has promised to wait for.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = inline);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            Harden(kestrel);
            kestrel.Limits.MaxRequestBodySize = maxBodyBytes;
            kestrel.Listen(address, listen =>
            {
                listen.Protocols = certificate is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
                if (certificate is not null)
                    listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(Tls(certificate)) });
            });
        });
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>>(s_blocks);
        _app = builder.Build();
        _app.Run(handler);
        Scheme = certificate is null ? "http" : "https";
    }

    private string Scheme { get; }

    /// <summary>As <c>http://127.0.0.1:4000</c>; known once it has started.</summary>
    public string Url
    {
        get
        {
            var bound = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
            return new UriBuilder(Scheme, bound.Host, bound.Port).Uri.GetLeftPart(UriPartial.Authority);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => _app.StartAsync(cancellationToken);

    /// <summary>Takes no new connections, lets requests end until the token is cancelled, then aborts them.</summary>
    public Task StopAsync(CancellationToken abort) => _app.StopAsync(abort);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>
    /// Limits against slow, huge and malformed requests. Bodies are limited by handlers, who can answer in their dialect.
    /// </summary>
    private static void Harden(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.AllowSynchronousIO = false;
        kestrel.Limits.MaxRequestLineSize = 16 * 1024;
        kestrel.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
        kestrel.Limits.MaxRequestHeaderCount = 100;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        kestrel.Limits.MinRequestBodyDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(10));

        // Longer than the idle time of the usual load balancers (60 s), so that they close first and never race a request with our close.
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(130);
    }

    private static SslServerAuthenticationOptions Tls(ReloadedCertificate certificate) => new()
    {
        ServerCertificateContext = certificate.Current,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
    };

    /// <summary>Signals are for the process, not for one of its ports.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
