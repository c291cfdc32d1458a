using System.Collections.Immutable;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Logging;
using Operator.Alerts;
using Operator.Api;

namespace Operator.Reconcile;

/// <summary>Where messages go.</summary>
internal sealed record WebhookTarget(Uri Url, WebhookKey Key)
{
    /// <summary>The host only: the path of such an address is often a secret.</summary>
    public override string ToString() => Url.Host;
}

/// <summary>
/// Sends each message until it is taken, with growing pauses. To send neither waits nor fails. What is under way when the process ends, the
/// status of the Budget still has.
/// </summary>
/// <param name="counted">Called once for each message, from any thread.</param>
/// <param name="time">For pauses, and for the time that is signed.</param>
/// <param name="logger">Of what is given up.</param>
internal sealed partial class AlertSender(Action<AlertEnd> counted, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private const int MaxWaiting = 1_000;

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(15);

    /// <summary>Before the second attempt and those after it.</summary>
    private static readonly ImmutableArray<TimeSpan> s_pauses =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(2),
    ];

    private readonly Lock _lock = new();
    private readonly HashSet<Task> _sending = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { Timeout = s_timeout };

    /// <summary>From any thread.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="alert">What.</param>
    /// <param name="ended">Called once it is taken or given up, from any thread; never where the process ends before.</param>
    public void Send(WebhookTarget target, PendingAlert alert, Action ended)
    {
        lock (_lock)
        {
            if (_stop.IsCancellationRequested)
                return;
            if (_sending.Count >= MaxWaiting)
            {
                LogGivenUp(alert.Id, target, "too many others wait");
                counted(AlertEnd.Dropped);
            }
            else
            {
                var sending = Task.Run(() => SendAsync(target, alert, ended));
                _sending.Add(sending);
                _ = sending.ContinueWith(Forget, TaskScheduler.Default);
                return;
            }
        }

        ended();
    }

    public async ValueTask DisposeAsync()
    {
        Task[] left;
        lock (_lock)
        {
            _stop.Cancel();
            left = [.. _sending];
        }

        await Task.WhenAll(left).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _http.Dispose();
        _stop.Dispose();
    }

    private void Forget(Task sent)
    {
        lock (_lock)
            _sending.Remove(sent);
    }

    private async Task SendAsync(WebhookTarget target, PendingAlert alert, Action ended)
    {
        for (var attempt = 0; ; attempt++)
        {
            var problem = await TrySendAsync(target, alert);
            if (problem is null)
            {
                counted(AlertEnd.Delivered);
                ended();
                return;
            }

            if (attempt == s_pauses.Length)
            {
                LogGivenUp(alert.Id, target, problem);
                counted(AlertEnd.Failed);
                ended();
                return;
            }

            LogAgain(alert.Id, target, problem, s_pauses[attempt]);
            await Task.Delay(s_pauses[attempt], time, _stop.Token);
        }
    }

    /// <summary>Null: it was taken.</summary>
    private async Task<string?> TrySendAsync(WebhookTarget target, PendingAlert alert)
    {
        var now = time.GetUtcNow();
        using var request = new HttpRequestMessage(HttpMethod.Post, target.Url)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(alert.Body)) { Headers = { ContentType = new("application/json") } },
            Headers = { UserAgent = { new ProductInfoHeaderValue("llm-gateway-operator", "1") } },
        };
        request.Headers.Add("webhook-id", alert.Id);
        request.Headers.Add("webhook-timestamp", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", target.Key.Sign(alert.Id, now, alert.Body));
        try
        {
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _stop.Token);
            return answer.IsSuccessStatusCode ? null : $"it answers {(int)answer.StatusCode}";
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !_stop.IsCancellationRequested)
        {
            return e is HttpRequestException ? e.Message : $"no answer in {s_timeout.TotalSeconds:0} s";
        }
    }

    [LoggerMessage(1401, LogLevel.Information, "The webhook at {Target} did not take the alert {Id}, which is sent again after {Pause}: {Problem}")]
    private partial void LogAgain(string id, WebhookTarget target, string problem, TimeSpan pause);

    [LoggerMessage(1402, LogLevel.Warning, "The webhook at {Target} does not get the alert {Id}: {Problem}")]
    private partial void LogGivenUp(string id, WebhookTarget target, string problem);
}

/// <summary>How the sending of a message ended.</summary>
internal enum AlertEnd
{
    /// <summary>It was taken.</summary>
    Delivered,

    /// <summary>It was not, at any attempt.</summary>
    Failed,

    /// <summary>Too many others wait.</summary>
    Dropped,
}
