using System.Net.Sockets;
using System.Net;
using System.Text;

namespace Gateway.Server.Providers;

/// <summary>The one place from which connections go out. No cookies, redirects, proxies or decompression behind our back.</summary>
internal static class UpstreamClient
{
    /// <summary>How long a connection attempt for this request may take.</summary>
    public static readonly HttpRequestOptionsKey<TimeSpan> ConnectTimeout = new("connect-timeout");

    private static readonly TimeSpan s_connectionLife = TimeSpan.FromMinutes(2);

    public static HttpMessageInvoker Create(AddressGuard guard, TimeProvider time) => new(new SocketsHttpHandler
    {
        ActivityHeadersPropagator = null,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectCallback = (context, token) => ConnectAsync(context, guard, time, token),
        MaxResponseHeadersLength = 64,
        PooledConnectionLifetime = s_connectionLife,

        // As the client sent them: a header that is no ASCII must not look like a failure of the upstream.
        RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
        UseCookies = false,
        UseProxy = false,
    });

    private static async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context, AddressGuard guard, TimeProvider time, CancellationToken cancellationToken)
    {
        var span = context.InitialRequestMessage.Options.TryGetValue(ConnectTimeout, out var configured)
            ? configured
            : TimeSpan.FromSeconds(5);
        using var limit = new CancellationTokenSource(span, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            var allowed = (await ResolveAsync(context.DnsEndPoint.Host, both.Token)).Where(guard.Allows).ToArray();
            if (allowed.Length == 0)
                throw new ForbiddenAddressException();
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, both.Token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new TimeoutException($"no connection to {context.DnsEndPoint.Host} within {span.TotalSeconds} s", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The resolver refuses the unspecified addresses in its own way, so an address is judged without it.</summary>
    private static async ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) =>
        IPAddress.TryParse(host, out var address) ? [address] : await Dns.GetHostAddressesAsync(host, cancellationToken);
}

/// <summary>The upstream's name leads only to addresses that the gateway does not connect to.</summary>
internal sealed class ForbiddenAddressException : IOException;
