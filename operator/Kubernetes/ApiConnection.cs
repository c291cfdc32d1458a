using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Operator.Kubernetes;

/// <summary>
/// Sends calls to one API server. Nothing that the server does makes it throw, except that the caller cancels. Pauses are kept as the
/// server asks for them, whatever the verb: what was answered with 429, or with 503 and a pause, was not done.
/// https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
/// </summary>
internal sealed class ApiConnection : IDisposable
{
    private readonly ClusterAccess _access;
    private readonly KubernetesClientOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private readonly Uri _server;

    public ApiConnection(ClusterAccess access, KubernetesClientOptions options, TimeProvider time)
    {
        _access = access;
        _options = options;
        _time = time;
        _server = NamedAsInCertificate(access);
        _http = new(Handler(access))
        {
            Timeout = Timeout.InfiniteTimeSpan,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd(options.UserAgent);
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Sends until there is an answer, and gives its whole body.</summary>
    public async Task<ApiOutcome<byte[]>> SendAsync(ApiRequest request, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            var outcome = await TrySendAsync(request, cancellation);
            if (outcome.IsSuccess || Pause(request, outcome.Failure, attempt) is not { } pause)
                return outcome;
            await Task.Delay(pause, _time, cancellation);
        }
    }

    /// <summary>Sends once, and gives the answer as soon as its headers are there. The caller disposes it.</summary>
    public async Task<ApiOutcome<HttpResponseMessage>> OpenAsync(ApiRequest request, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(_options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        HttpResponseMessage? response = null;
        try
        {
            response = await OneAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (response.IsSuccessStatusCode)
                return response;
            var body = await response.Content.ReadAsByteArrayAsync(either.Token);
            response.Dispose();
            return ApiStatus.Failure(response, body, _time.GetUtcNow());
        }
        catch (Exception e) when (FailureOf(e, cancellation) is { } failure)
        {
            response?.Dispose();
            return failure;
        }
    }

    /// <summary>What an exception of the network means; null where it is none.</summary>
    public ApiFailure? FailureOf(Exception exception, CancellationToken cancellation) => exception switch
    {
        OperationCanceledException when !cancellation.IsCancellationRequested
            => new() { Reason = ApiFailureReason.TimedOut, Message = $"no answer in {_options.Timeout.TotalSeconds:0.#} s" },
        HttpRequestException or IOException or UnauthorizedAccessException or CryptographicException or SocketException
            => new() { Reason = ApiFailureReason.Unreachable, Message = exception.GetBaseException().Message },
        _ => null,
    };

    private async Task<ApiOutcome<byte[]>> TrySendAsync(ApiRequest request, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(_options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            using var response = await OneAsync(request, HttpCompletionOption.ResponseContentRead, either.Token);
            var body = await response.Content.ReadAsByteArrayAsync(either.Token);
            return response.IsSuccessStatusCode ? body : ApiStatus.Failure(response, body, _time.GetUtcNow());
        }
        catch (Exception e) when (FailureOf(e, cancellation) is { } failure)
        {
            return failure;
        }
    }

    /// <summary>A token that the server refuses is read again once: its file may have been replaced.</summary>
    private async Task<HttpResponseMessage> OneAsync(ApiRequest request, HttpCompletionOption completion, CancellationToken cancellation)
    {
        var response = await AuthorizedAsync(request, completion, cancellation);
        if (response.StatusCode != HttpStatusCode.Unauthorized || _access.Token is not { IsFromFile: true } token)
            return response;
        response.Dispose();
        token.Forget();
        return await AuthorizedAsync(request, completion, cancellation);
    }

    private async Task<HttpResponseMessage> AuthorizedAsync(
        ApiRequest request, HttpCompletionOption completion, CancellationToken cancellation)
    {
        using var message = request.ToMessage(_server);
        if (_access.Token is { } token)
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Read());
        var code = "<error>";
        try
        {
            var response = await _http.SendAsync(message, completion, cancellation);
            code = ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
            return response;
        }
        finally
        {
            _options.Attempted?.Invoke(new(code, request.Method.Method, _access.Server.Authority));
        }
    }

    /// <summary>How long to wait for the next attempt; null: there is none.</summary>
    private TimeSpan? Pause(ApiRequest request, ApiFailure failure, int attempt)
    {
        var isUncertain = failure.Reason is ApiFailureReason.ServerError or ApiFailureReason.TimedOut or ApiFailureReason.Unreachable;
        var isWorthIt = failure.IsPutOff ? request.IsPatient : isUncertain && request.IsRepeatable;
        if (!isWorthIt || attempt >= _options.MaxAttempts || failure.RetryAfter > _options.MaxRetryAfter)
            return null;
        return failure.RetryAfter ?? _options.Backoff.Delay(attempt);
    }

    private static SocketsHttpHandler Handler(ClusterAccess access)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.GZip,
            EnableMultipleHttp2Connections = true,
            UseCookies = false,
            UseProxy = false,

            // A dead connection is known after 45 s, as in client-go: https://github.com/kubernetes/kubernetes/pull/95981
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            PooledConnectionLifetime = TimeSpan.FromMinutes(30),
            ConnectTimeout = TimeSpan.FromSeconds(10),
            ConnectCallback = (context, cancellation) => ConnectAsync(access.Server, context, cancellation),
            SslOptions = new()
            {
                RemoteCertificateValidationCallback = (_, certificate, chain, errors) => access.Trusts(certificate, chain, errors),
            },
        };
        if (access.ClientCertificate is { } certificate)
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate();
        return handler;
    }

    /// <summary>The handler takes the name that it sends and checks in TLS from the URL, so the URL has the certificate's name.</summary>
    private static Uri NamedAsInCertificate(ClusterAccess access) =>
        access.TlsServerName is null ? access.Server : new UriBuilder(access.Server) { Host = access.TlsServerName }.Uri;

    /// <summary>Dials the server's own host, whatever name the URL has.</summary>
    private static async ValueTask<Stream> ConnectAsync(Uri server, SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            await socket.ConnectAsync(server.IdnHost, context.DnsEndPoint.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
