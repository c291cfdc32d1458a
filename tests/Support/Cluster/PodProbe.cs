using System.Net.Security;

namespace Support.Cluster;

/// <summary>
/// The readiness probe of a pod, by its own figures; until it is ready it is asked at every look, so that tests need not wait.
/// </summary>
internal sealed class PodProbe : IDisposable
{
    private readonly HttpClient _client;
    private readonly Uri _url;
    private readonly TimeSpan _period;
    private readonly int _failureThreshold;
    private TimeSpan _next;
    private int _failures;
    private bool _isReady;

    public PodProbe(Pod pod)
    {
        var probe = pod.Container["readinessProbe"]!;
        _url = new(pod.Url + (string)probe["httpGet"]!["path"]!);
        _period = TimeSpan.FromSeconds((int?)probe["periodSeconds"] ?? 10);
        _failureThreshold = (int?)probe["failureThreshold"] ?? 3;
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            PooledConnectionLifetime = TimeSpan.Zero,

            // As kubelets do: https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#http-probes
#pragma warning disable CA5359
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true },
#pragma warning restore CA5359
        };
        _client = new(handler) { Timeout = TimeSpan.FromSeconds((int?)probe["timeoutSeconds"] ?? 1) };
    }

    /// <summary>For a new process.</summary>
    public void Forget() => (_isReady, _failures, _next) = (false, 0, default);

    public async Task<bool> IsReadyAsync(TimeSpan now)
    {
        if (_isReady && now < _next)
            return true;
        _next = now + _period;
        _failures = await SucceedsAsync() ? 0 : _failures + 1;
        return _isReady = _failures == 0 || (_isReady && _failures < _failureThreshold);
    }

    public void Dispose() => _client.Dispose();

    private async Task<bool> SucceedsAsync()
    {
        try
        {
            using var answer = await _client.GetAsync(_url, HttpCompletionOption.ResponseHeadersRead);
            return (int)answer.StatusCode is >= 200 and < 400;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }
}
