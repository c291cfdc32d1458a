using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.Contract;
using Integration.Tests.Gateway;
using Support.FakeProviders;
using Support.Stores;

namespace Integration.Tests.Money;

/// <summary>Two whole gateways that count in databases whose clock is another one than theirs.</summary>
public sealed class TwoGatewaysTests : IDisposable
{
    private const int Clients = 4;
    private const int Held = 8;
    private const string OtherKey = "sk-other";

    // A row is made of it, and a limit counts it: one of the prompt, the others of the answer.
    private const int TokensOfACall = 501;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("two-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(SpendTier.Postgres)]
    [InlineData(SpendTier.Redis)]
    public async Task Requests_and_tokens_hold_in_each_minute_of_the_stores_clock_and_are_free_at_once_in_the_next_one(SpendTier tier)
    {
        SkipWithoutClock();
        const int requests = 20;
        const long tokens = 10 * TokensOfACall + 100;
        var minute = Minute(TimeProvider.System.GetUtcNow().AddHours(-1));
        await using var stores = await Stores.StartAsync(tier, minute);
        await using var provider = await FakeProvider.StartAsync(call =>
            call.JsonAsync(new OpenAiAnswer { PromptTokens = 1, CompletionTokens = TokensOfACall - 1 }.ToChatJson()));
        var config = GatewayConfigs.Of(GatewayConfigs.Upstream(provider.BaseUrl));
        var limited = config.Keys[0];
        config = config with
        {
            Budgets = [],
            Keys =
            [
                limited with { Limits = new() { RequestsPerMinute = requests } },
                limited with
                {
                    Object = limited.Object with { Name = "other" },
                    KeyId = "other",
                    Hashes = [new() { Sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(OtherKey))) }],
                    Limits = new() { TokensPerMinute = tokens },
                },
            ],
        };
        await using var one = await StartAsync("one", stores, config);
        await using var two = await StartAsync("two", stores, config);
        stores.SetClock(minute.AddMinutes(1).AddSeconds(5));

        using var stop = new CancellationTokenSource();
        Client[] keys = [new(GatewayConfigs.Key), new(OtherKey)];
        var clients = keys
            .SelectMany(k => new[] { one, two }.SelectMany(g => Enumerable.Range(0, Clients).Select(_ => k.AskAsync(g, stop.Token))))
            .ToList();
        await UntilAsync(() => Array.TrueForAll(keys, k => k.IsSpent(calls: 1)), "the first minute is used up");
        var first = keys.Select(k => k.Served).ToList();
        stores.SetClock(minute.AddMinutes(2).AddSeconds(-1));
        await UntilAsync(() => keys.Zip(first).All(k => k.First.IsSpent(k.Second + 1)), "the next minute is used up");
        await stop.CancelAsync();
        await Task.WhenAll(clients);

        // A store that a busy machine did not let answer in time may have counted the call.
        var byRequests = await CompletedAsync(one, keys[0]);
        byRequests.Length.ShouldBe(2);
        byRequests.ShouldAllBe(m => m.Calls <= requests && m.Calls >= requests - keys[0].Unanswered);
        var byTokens = await CompletedAsync(two, keys[1]);
        byTokens.Length.ShouldBe(2);
        byTokens.ShouldAllBe(m => m.Tokens <= tokens && m.Tokens >= tokens - ((2 + keys[1].Unanswered) * TokensOfACall));
    }

    [Theory]
    [InlineData(SpendTier.Postgres)]
    [InlineData(SpendTier.Redis)]
    public async Task What_a_killed_gateway_has_in_flight_is_charged_once_by_the_other_one_and_holds_nothing_any_more(SpendTier tier)
    {
        SkipWithoutClock();
        await using var stores = await Stores.StartAsync(tier, TimeProvider.System.GetUtcNow());
        await using var provider = await FakeProvider.StartAsync(async call =>
        {
            if (!call.BodyText.Contains("hold", StringComparison.Ordinal))
            {
                await call.JsonAsync(new OpenAiAnswer { PromptTokens = 1, CompletionTokens = 500 }.ToChatJson());
                return;
            }

            // Half of them are streams that outgrow what was reserved for them.
            if (call.WantsStream)
            {
                await call.StartAsync(200, "text/event-stream");
                var text = string.Join(' ', Enumerable.Repeat("word", 600));
                foreach (var piece in new OpenAiAnswer { Text = text }.ToChatEvents().SkipLast(3))
                    await call.SendAsync(piece);
            }

            await call.StallAsync();
        });
        var config = GatewayConfigs.Of(GatewayConfigs.Upstream(provider.BaseUrl));
        config = config with { Keys = [config.Keys[0] with { Limits = new() { MaxParallelRequests = Held } }] };
        var one = await StartAsync("one", stores, config);
        await using var two = await StartAsync("two", stores, config);

        var held = Enumerable.Range(0, Held)
            .Select(i => SwallowAsync(one.ChatAsync(GatewayConfigs.Key, Body("hold", 1, i % 2 == 0))))
            .ToList();
        await UntilAsync(async () => (await CounterAsync(two)).Reserved > 0.002m, "the streams are raised");
        using (var refused = await two.ChatAsync(GatewayConfigs.Key, Body("hi", 1, false)))
            refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        await one.KillAsync();
        await one.DisposeAsync();
        await Task.WhenAll(held);

        // Leases end by the store's clock, which may run faster than ours.
        var killed = TimeProvider.System.GetUtcNow();
        await UntilAsync(async () =>
        {
            stores.SetClock(killed + (2.5 * (TimeProvider.System.GetUtcNow() - killed)));
            return (await LogsAsync(two)).Count == Held && (await CounterAsync(two)).Reserved == 0;
        }, "all of them are given up");
        var rows = await LogsAsync(two);
        rows.ShouldAllBe(r => (string?)r["kind"] == "abandoned" && (decimal)r["spend"]! > 0);
        rows.Where(r => (bool)r["stream"]!).ShouldAllBe(r => (decimal)r["spend"]! > 0.0005m);
        var charged = rows.Sum(r => (decimal)r["spend"]!);
        (await CounterAsync(two)).Settled.ShouldBe(charged);

        // Neither does the process that comes after it charge them again, nor is the key short of a place.
        await using var again = await StartAsync("one", stores, config);
        var answers = await Task.WhenAll(Enumerable.Range(0, Held).Select(i => PayAsync(i % 2 == 0 ? again : two)));
        await UntilAsync(
            async () => await CounterAsync(again) is { Reserved: 0 } counter && counter.Settled == charged + (answers.Length * 0.001001m),
            "the sum is exact");
        (await LogsAsync(again)).Count.ShouldBe(2 * Held);
    }

    [Theory]
    [InlineData(SpendTier.Postgres, "postgres", true)]
    [InlineData(SpendTier.Postgres, "postgres", false)]
    [InlineData(SpendTier.Redis, "postgres", true)]
    [InlineData(SpendTier.Redis, "redis", true)]
    [InlineData(SpendTier.Redis, "redis", false)]
    public async Task A_stream_that_runs_through_an_outage_is_whole_and_charged_once(SpendTier tier, string lost, bool endsWithin)
    {
        await using var stores = await Stores.StartAsync(tier, now: null);
        var goOn = new TaskCompletionSource();
        await using var provider = await FakeProvider.StartAsync(async call =>
        {
            var events = new OpenAiAnswer { PromptTokens = 1000, CompletionTokens = 500 }.ToChatEvents();
            await call.StartAsync(200, "text/event-stream");
            foreach (var piece in events.SkipLast(3))
                await call.SendAsync(piece);
            await goOn.Task;
            foreach (var piece in events.TakeLast(3))
                await call.SendAsync(piece);
        });
        var config = GatewayConfigs.Of(GatewayConfigs.Upstream(provider.BaseUrl));
        await using var one = await StartAsync("one", stores, config);
        await using var two = await StartAsync("two", stores, config);
        using var request = new HttpRequestMessage(HttpMethod.Post, one.Data + "/v1/chat/completions")
        {
            Content = new StringContent(Body("hi", 500, true), Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new("Bearer", GatewayConfigs.Key);
        using var answer = await one.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);

        var store = lost == "redis" ? (StoreProcess)stores.Redis! : stores.Postgres;
        await store.KillAsync();
        await UntilAsync(async () => (await one.StatusAsync()).Stores.Any(s => s.State == StoreState.Unreachable), "the loss is noticed");
        if (endsWithin)
            goOn.SetResult();
        var text = endsWithin ? await answer.Content.ReadAsStringAsync(Cancellation) : null;
        await store.StartAsync();
        if (!endsWithin)
        {
            await UntilAsync(async () => (await one.StatusAsync()).Stores.All(s => s.State == StoreState.Connected), "it is found again");
            goOn.SetResult();
            text = await answer.Content.ReadAsStringAsync(Cancellation);
        }

        text!.ShouldContain("[DONE]");
        foreach (var gateway in new[] { one, two })
            await UntilAsync(async () => await CounterAsync(gateway) is { Reserved: 0, Settled: 0.002m }, "the budget stands at its cost");
        List<JsonObject> rows = [];
        await UntilAsync(async () => (rows = await LogsAsync(two)).Count > 0, "its row is in the ledger");
        var row = rows.ShouldHaveSingleItem();
        ((string?)row["kind"], (string?)row["status"], (decimal)row["spend"]!).ShouldBe(("settled", "completed", 0.002m));
    }

    private static void SkipWithoutClock() =>
        Assert.SkipWhen(ServerClock.Library is null, "libfaketime is not installed: `tests/provision.sh` does it");

    private static DateTimeOffset Minute(DateTimeOffset instant) =>
        DateTimeOffset.FromUnixTimeSeconds(instant.ToUnixTimeSeconds() / 60 * 60);

    private static string Body(string text, int maxTokens, bool stream) => new JsonObject
    {
        ["model"] = "m",
        ["max_tokens"] = maxTokens,
        ["stream"] = stream,
        ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = text }),
    }.ToJsonString();

    private static async Task<HttpStatusCode> PayAsync(GatewayChild gateway)
    {
        while (true)
        {
            using var answer = await gateway.ChatAsync(GatewayConfigs.Key, Body("hi", 500, false));

            // What a busy machine did not count within its bound is asked again, as a client would.
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
                continue;
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            return answer.StatusCode;
        }
    }

    /// <summary>The connection of a call in flight breaks when the gateway is killed: that is what is meant to happen.</summary>
    private static async Task SwallowAsync(Task<HttpResponseMessage> call) => _ = await Record.ExceptionAsync(() => call);

    private static async Task<BudgetCounter> CounterAsync(GatewayChild gateway)
    {
        BudgetCounter? counter;
        while ((counter = (await gateway.StatusAsync()).Budgets.SingleOrDefault()) is null)
            await Task.Delay(50, Cancellation);
        return counter;
    }

    /// <summary>Rows that cost something: neither those of calls that were refused nor of such as a store did not answer in time.</summary>
    private static async Task<List<JsonObject>> LogsAsync(GatewayChild gateway, string key = GatewayConfigs.Key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, gateway.Data + "/spend/logs?limit=1000");
        request.Headers.Authorization = new("Bearer", key);
        using var reply = await gateway.Client.SendAsync(request, Cancellation);
        var logs = JsonNode.Parse(await reply.Content.ReadAsStringAsync(Cancellation))!["data"]?.AsArray() ?? [];
        return [.. logs.Select(r => r!.AsObject()).Where(r => (decimal)r["spend"]! != 0)];
    }

    /// <summary>By the minute of the store's clock, once all that were served are in the ledger.</summary>
    private static async Task<(int Calls, long Tokens)[]> CompletedAsync(GatewayChild gateway, Client client)
    {
        List<JsonObject> rows = [];
        await UntilAsync(async () => (rows = await LogsAsync(gateway, client.Key)).Count == client.Served, "all rows are there");
        return [.. rows.GroupBy(r => ((string)r["startTime"]!)[..16]).Select(g => (g.Count(), g.Sum(r => (long)r["total_tokens"]!)))];
    }

    private static Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult(condition()), what);

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        using var patience = new CancellationTokenSource(s_patience);
        while (!await condition())
        {
            patience.IsCancellationRequested.ShouldBeFalse(what);
            await Task.Delay(100, Cancellation);
        }
    }

    private async Task<GatewayChild> StartAsync(string name, Stores stores, ConfigSnapshot config)
    {
        List<(string Name, string Value)> variables =
        [
            ("GATEWAY_NAME", "team/main"),
            ("GATEWAY_POSTGRES_URL_FILE", await FileAsync("postgres", stores.Postgres.Url)),
        ];
        if (stores.Redis is { } redis)
            variables.Add(("GATEWAY_REDIS_URL_FILE", await FileAsync("redis", redis.Url)));
        var gateway = await GatewayChild.StartAsync(_folder.CreateSubdirectory(name).FullName, [.. variables]);
        await gateway.PushAsync(config);
        return gateway;
    }

    private async Task<string> FileAsync(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        await File.WriteAllTextAsync(path, text, Cancellation);
        return path;
    }

    /// <summary>What the gateways count in.</summary>
    private sealed record Stores(PostgresServer Postgres, RedisServer? Redis) : IAsyncDisposable
    {
        /// <param name="tier">Whose.</param>
        /// <param name="now">By their clock; null: by ours.</param>
        public static async Task<Stores> StartAsync(SpendTier tier, DateTimeOffset? now)
        {
            var postgres = now is { } time ? await PostgresServer.StartNewAsync(time) : await PostgresServer.StartNewAsync();
            if (tier != SpendTier.Redis)
                return new(postgres, null);
            return new(postgres, now is { } same ? await RedisServer.StartNewAsync(same) : await RedisServer.StartNewAsync());
        }

        public void SetClock(DateTimeOffset now)
        {
            Postgres.Clock!.Set(now);
            Redis?.Clock!.Set(now);
        }

        public async ValueTask DisposeAsync()
        {
            if (Redis is not null)
                await Redis.DisposeAsync();
            await Postgres.DisposeAsync();
        }
    }

    /// <summary>Asks under one key, from many places.</summary>
    private sealed class Client(string key)
    {
        // Of each of its places, at least.
        private const int Enough = 4 * Clients;

        private readonly ConcurrentBag<string> _problems = [];
        private int _served;
        private int _unanswered;
        private int _refusedSince;

        public string Key => key;

        public int Served => _served;

        public int Unanswered => _unanswered;

        /// <summary>So many were served, and none of many is any more.</summary>
        public bool IsSpent(int calls)
        {
            _problems.ShouldBeEmpty();
            return _served >= calls && Volatile.Read(ref _refusedSince) >= Enough;
        }

        public async Task AskAsync(GatewayChild gateway, CancellationToken stop)
        {
            while (!stop.IsCancellationRequested)
            {
                using var answer = await gateway.ChatAsync(key, Body("hi", TokensOfACall - 1, false));
                switch (answer.StatusCode)
                {
                    case HttpStatusCode.OK:
                        Interlocked.Increment(ref _served);
                        Volatile.Write(ref _refusedSince, 0);
                        break;
                    case HttpStatusCode.TooManyRequests:
                        Interlocked.Increment(ref _refusedSince);
                        await Task.Delay(20, CancellationToken.None);
                        break;
                    case HttpStatusCode.ServiceUnavailable:
                        Interlocked.Increment(ref _unanswered);
                        break;
                    default:
                        _problems.Add($"{answer.StatusCode} {await answer.Content.ReadAsStringAsync(CancellationToken.None)}");
                        return;
                }
            }
        }
    }
}
