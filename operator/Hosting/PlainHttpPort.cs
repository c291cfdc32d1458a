using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Operator.Hosting;

/// <summary>
/// One listening Kestrel without a host around it: no configuration from the environment, no hold on signals, and a port that is taken is
/// told once, by an exception.
/// </summary>
internal sealed class PlainHttpPort : IAsyncDisposable
{
    private readonly KestrelServer _server;

    private PlainHttpPort(IPEndPoint address, ILoggerFactory loggers)
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.MaxRequestBodySize = 0;
        options.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        options.Listen(address, listen => listen.Protocols = HttpProtocols.Http1);
        _server = new(Options.Create(options), new SocketTransportFactory(Options.Create(new SocketTransportOptions()), loggers), loggers);
    }

    /// <summary>As <c>http://127.0.0.1:8081</c>.</summary>
    public Uri Url => new(_server.Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    /// <param name="what">What is served, for the message where that fails.</param>
    /// <param name="address">Port 0 takes a free one.</param>
    /// <param name="handler">Gets every request.</param>
    /// <param name="loggers">Of Kestrel.</param>
    /// <param name="cancellation">Gives up to start.</param>
    /// <exception cref="IOException">The port is taken or not allowed; one line that names it.</exception>
    public static async Task<PlainHttpPort> StartAsync(
        string what, IPEndPoint address, RequestDelegate handler, ILoggerFactory loggers, CancellationToken cancellation)
    {
        var port = new PlainHttpPort(address, loggers);
        try
        {
            await port._server.StartAsync(new Application(handler), cancellation);
            return port;
        }
        catch (Exception e)
        {
            await port.DisposeAsync();
            if (e is IOException or SocketException)
                throw new IOException($"cannot serve {what} on {address}: {e.GetBaseException().Message}", e);
            throw;
        }
    }

    /// <summary>Takes no new connections, and lets requests end until the token is cancelled.</summary>
    public Task StopAsync(CancellationToken abort) => _server.StopAsync(abort);

    /// <summary>Does not wait for requests.</summary>
    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(new(canceled: true));
        _server.Dispose();
    }

    private sealed class Application(RequestDelegate handler) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => handler(context);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
        }
    }
}
