using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gateway.Contract;
using Operator.Kubernetes;

namespace Operator.Push;

/// <summary>
/// Speaks to the admin ports of one LlmGateway's pods. Nothing that a pod does or says makes it throw, except that the caller cancels.
/// </summary>
internal sealed class AdminClient : IDisposable
{
    private const int MaxReplyBytes = 8 * 1024 * 1024;

    /// <summary>
    /// More revisions than a count that is lost and begins anew is behind: one a second for eight years. A pod that claims more is not
    /// believed: following it, the count would come to its end.
    /// </summary>
    private const long MaxLead = 1L << 28;

    /// <summary>More than any money or tokens. Sums of what pods claim stay far below what a decimal holds.</summary>
    private const decimal MaxAmount = 1_000_000_000_000_000_000;

    private readonly HttpClient _http;
    private readonly Func<AdminAccess> _access;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;

    /// <summary>The access is asked for at each handshake and each request, so that a rotation needs no restart.</summary>
    public AdminClient(Func<AdminAccess> access, TimeSpan timeout, TimeProvider time)
    {
        _access = access;
        _timeout = timeout;
        _time = time;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        };
        handler.SslOptions.RemoteCertificateValidationCallback =
            (_, certificate, _, _) => certificate is not null && access().Trusts(certificate.GetRawCertData());
        _http = new(handler) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = MaxReplyBytes };
    }

    public void Dispose() => _http.Dispose();

    /// <summary><c>PUT /config</c>.</summary>
    public async Task<PushOutcome> PushAsync(PodEndpoint pod, StampedConfig config, CancellationToken cancellation)
    {
        var reply = await SendAsync(
            () => new(HttpMethod.Put, new Uri(pod.Address, "/config")) { Content = new ConfigContent(config) }, cancellation);
        return reply.Failure ?? Read(reply, config, pod);
    }

    /// <summary><c>GET /config/status</c>: the status, or why there is none.</summary>
    public async Task<(ConfigStatus? Status, PushOutcome? Failure)> StatusAsync(PodEndpoint pod, CancellationToken cancellation)
    {
        var reply = await SendAsync(() => new(HttpMethod.Get, new Uri(pod.Address, "/config/status")), cancellation);
        if (reply.Failure is not null)
            return (null, reply.Failure);
        return reply.Status == HttpStatusCode.OK && Parse(reply.Body, ContractJson.Default.ConfigStatus) is { } status && IsCredible(status)
            ? (status, null)
            : (null, new PushOutcome.Malformed($"GET /config/status was answered with {(int)reply.Status}"));
    }

    /// <summary><c>GET /spend/report</c>: its body, or why there is none, for people, and whether that is the gateway's own word.</summary>
    /// <param name="pod">Whom to ask.</param>
    /// <param name="query">With its question mark.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<(byte[]? Report, string? Problem, bool IsAnswered)> ReportAsync(
        PodEndpoint pod, string query, CancellationToken cancellation)
    {
        var reply = await SendAsync(() => new(HttpMethod.Get, new Uri(pod.Address, "/spend/report" + query)), cancellation);
        if (reply.Status == HttpStatusCode.OK)
            return (reply.Body, null, true);
        if (ErrorMessage(reply.Body) is { } message)
            return (null, message, true);
        var problem = reply.Failure switch
        {
            PushOutcome.Unreachable unreachable => unreachable.Reason,
            PushOutcome.Unauthorized => "the admin token is refused",
            _ => $"GET /spend/report was answered with {(int)reply.Status}",
        };
        return (null, problem, false);
    }

    private static PushOutcome Read(Reply reply, StampedConfig config, PodEndpoint pod)
    {
        if (Parse(reply.Body, ContractJson.Default.PushReply) is not { } body || body.Errors.Contains(null!))
            return new PushOutcome.Malformed($"PUT /config was answered with {(int)reply.Status} and no JSON that we know");
        return reply.Status switch
        {
            HttpStatusCode.OK when body.Revision == config.Revision && body.Hash == config.Hash
                => new PushOutcome.Acknowledged(body.Revision, body.Hash),
            HttpStatusCode.OK => new PushOutcome.Malformed($"accepted revision {body.Revision}, but {config.Revision} was sent"),
            HttpStatusCode.Conflict when body.Uid.Length > 0 && body.Uid != config.Snapshot.Gateway
                => new PushOutcome.OtherGateway(body.Uid),
            HttpStatusCode.Conflict when body.Revision < 0 || body.Revision - config.Revision > MaxLead
                => new PushOutcome.Malformed($"claims to hold revision {body.Revision}, which cannot be"),
            HttpStatusCode.Conflict => new PushOutcome.Older(body.Revision, body.Hash),
            HttpStatusCode.UnprocessableEntity => new PushOutcome.Rejected(pod.Name, body.Errors),
            HttpStatusCode.UnsupportedMediaType => new PushOutcome.UnknownSchema(Message(body)),
            _ => new PushOutcome.Malformed($"PUT /config was answered with {(int)reply.Status}: {Message(body)}"),
        };
    }

    private static bool IsCredible(ConfigStatus status) =>
        !status.Stores.Contains(null!)
        && status.LostRecords >= 0
        && status.Budgets.All(b => b is not null
            && new[] { b.Limit, b.Settled, b.Reserved, b.Overshoot }.All(a => Math.Abs(a) <= MaxAmount)
            && new[] { b.PeriodStart, b.PeriodEnd }.All(t => t is not { Year: < 1900 or > 2999 }));

    private static string Message(PushReply reply) => string.Join("; ", reply.Errors.Select(e => e.Message));

    /// <summary>What the gateway says of a request that it refuses; null where it says nothing.</summary>
    private static string? ErrorMessage(byte[] body)
    {
        try
        {
            using var error = JsonDocument.Parse(body);
            return ObjectReader.Text(error.RootElement, "error", "message");
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static T? Parse<T>(byte[] json, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async Task<Reply> SendAsync(Func<HttpRequestMessage> request, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(_timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            foreach (var token in _access().Tokens)
            {
                using var message = request();
                message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
                using var response = await _http.SendAsync(message, either.Token);
                if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
                    continue;
                var isBroken = (int)response.StatusCode >= 500;
                return new(isBroken ? new PushOutcome.Unreachable($"the admin port answered {(int)response.StatusCode}") : null)
                {
                    Status = response.StatusCode, Body = await response.Content.ReadAsByteArrayAsync(either.Token),
                };
            }

            return new(new PushOutcome.Unauthorized());
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new(new PushOutcome.Unreachable($"no answer in {_timeout.TotalSeconds:0.#} s"));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return new(new PushOutcome.Unreachable(e.GetBaseException().Message));
        }
    }

    private sealed record Reply(PushOutcome? Failure)
    {
        public HttpStatusCode Status { get; init; }

        public byte[] Body { get; init; } = [];
    }
}
