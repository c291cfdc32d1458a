using System.Collections.Concurrent;
using System.Globalization;
using System.Net;

namespace Integration.Tests.Soak;

/// <summary>Clients of a fleet that never stop, and what they were answered.</summary>
internal sealed class SoakLoad(SoakFleet fleet)
{
    public const int ChunkMilliseconds = 250;

    private const int ClientsOfAKey = 4;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(60);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _clients = [];
    private readonly List<Task> _streams = [];
    private int _broken;

    public ConcurrentQueue<SoakAnswer> Answers { get; } = new();

    /// <summary>Calls without an answer: their gateway was killed.</summary>
    public int Broken => _broken;

    public void Start()
    {
        foreach (var key in new[] { SoakFleet.WideKey, SoakFleet.TightKey, SoakFleet.FreeKey })
        {
            for (var i = 0; i < ClientsOfAKey; i++)
            {
                var client = i;
                _clients.Add(Task.Run(() => CallAsync(key, client)));
            }
        }
    }

    /// <summary>A stream that lasts for so long.</summary>
    public void Stream(TimeSpan length)
    {
        var words = (int)(length.TotalMilliseconds / ChunkMilliseconds);
        _streams.Add(Task.Run(() => AskAsync(SoakFleet.WideKey, 0, words, isStream: true)));
    }

    /// <summary>Ends when all calls have ended.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_clients.Concat(_streams));
    }

    private async Task CallAsync(string key, int client)
    {
        var random = new Random(client);
        for (var i = client; !_stop.IsCancellationRequested; i++)
        {
            await AskAsync(key, i % SoakFleet.Size, random.Next(100, 1000), isStream: false);
            await Task.Delay(s_pause, TimeProvider.System);
        }
    }

    private async Task AskAsync(string key, int i, int words, bool isStream)
    {
        var (gateway, life) = (fleet.Gateways[i], fleet.Lives[i]);
        var body = string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"model":"{{(isStream ? "slow" : "m")}}","max_tokens":{{words}},"stream":{{(isStream ? "true" : "false")}},"messages":[{"role":"user","content":"hi"}]}""");
        try
        {
            var asked = gateway.ChatAsync(key, body);
            using var answer = await (isStream ? asked : asked.WaitAsync(s_patience));
            var text = await answer.Content.ReadAsStringAsync();
            Answers.Enqueue(new()
            {
                Key = key,
                Gateway = i,
                Life = life,
                Status = answer.StatusCode,
                CallId = answer.Headers.GetValues("x-litellm-call-id").Single(),
                Cost = answer.IsSuccessStatusCode ? 0.0004m + (words * 0.000002m) : null,
                Problem = answer.IsSuccessStatusCode ? null : text,
                IsWhole = !isStream || text.Contains("[DONE]", StringComparison.Ordinal),
            });
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or ObjectDisposedException or IOException)
        {
            Interlocked.Increment(ref _broken);
        }
        catch (TimeoutException)
        {
            Answers.Enqueue(new() { Key = key, Gateway = i, Life = life, Status = HttpStatusCode.RequestTimeout, CallId = "", Problem = "no answer in 30 s" });
        }
    }
}

/// <summary>What a client was answered.</summary>
internal sealed record SoakAnswer
{
    public required string Key { get; init; }

    /// <summary>Which of the fleet's, and in which of its lives.</summary>
    public required int Gateway { get; init; }

    public required int Life { get; init; }

    public required HttpStatusCode Status { get; init; }

    public required string CallId { get; init; }

    /// <summary>What it is to be charged; null where it was not served.</summary>
    public decimal? Cost { get; init; }

    public string? Problem { get; init; }

    public bool IsWhole { get; init; } = true;
}
