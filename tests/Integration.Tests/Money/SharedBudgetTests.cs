using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Gateway.Contract;
using Integration.Tests.Gateway;
using Support.FakeProviders;
using Support.Stores;

namespace Integration.Tests.Money;

/// <summary>Whole gateways that count in one database.</summary>
public sealed class SharedBudgetTests : IDisposable
{
    private const decimal Limit = 0.05m;
    private const decimal Cost = 0.001001m;
    private const int Clients = 16;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("shared-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(SpendTier.Postgres, false)]
    [InlineData(SpendTier.Redis, false)]
    [InlineData(SpendTier.Redis, true)]
    public async Task A_budget_holds_over_two_gateways_and_refuses_none_that_fits_even_when_one_is_killed(SpendTier tier, bool isEncrypted)
    {
        using var certificate = isEncrypted ? new StoreCertificate(TimeProvider.System.GetUtcNow()) : null;
        await using var provider = await FakeProvider.StartAsync(call =>
            call.JsonAsync(new OpenAiAnswer { PromptTokens = 1, CompletionTokens = 500 }.ToChatJson()));
        await using var postgres = await PostgresServer.StartNewAsync(certificate: certificate);
        await using var redis = await RedisServer.StartNewAsync(isEncrypted ? "pa:ss/w%rd" : null, certificate);
        var config = GatewayConfigs.Of(GatewayConfigs.Upstream(provider.BaseUrl));
        config = config with { Budgets = [config.Budgets[0] with { Cost = Limit }] };
        var variables = await StoresAsync(tier, postgres, redis, certificate);
        await using var one = await StartAsync("one", variables, config);
        var two = await StartAsync("two", variables, config);
        var answers = new ConcurrentBag<HttpStatusCode>();

        // Both are asked by many at once until both refuse.
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(i => SpendAsync(i % 2 == 0 ? one : two, answers)));

        var paid = answers.Count(a => a == HttpStatusCode.OK);
        answers.Except([HttpStatusCode.OK, HttpStatusCode.TooManyRequests]).ShouldBeEmpty();
        (paid * Cost).ShouldBeInRange(Limit - (2 * Cost), Limit);
        foreach (var gateway in new[] { one, two })
        {
            (await gateway.StatusAsync()).Tier.ShouldBe(tier);
            await UntilSettledAsync(gateway, paid * Cost);
        }

        await two.KillAsync();
        await two.DisposeAsync();
        await using var again = await StartAsync("two", variables, config);
        await UntilSettledAsync(again, paid * Cost);
        using var refused = await again.ChatAsync(GatewayConfigs.Key, Body);
        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Theory]
    [InlineData(SpendTier.Postgres)]
    [InlineData(SpendTier.Redis)]
    public async Task A_keys_requests_of_a_minute_hold_over_two_gateways_to_the_last_one(SpendTier tier)
    {
        const int limit = 20;
        await using var provider = await FakeProvider.StartAsync(Answers.OpenAi());
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var redis = await RedisServer.StartNewAsync();
        var (one, two) = await TwoAsync(provider, await StoresAsync(tier, postgres, redis, null), new() { RequestsPerMinute = limit });
        await using var _ = one;
        await using var __ = two;

        // Each asks until it is refused twice in a row, so that the minute in which it stops is used up.
        var (paid, unanswered) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async i =>
        {
            for (var refused = 0; refused < 2;)
            {
                using var answer = await (i % 2 == 0 ? one : two).ChatAsync(GatewayConfigs.Key, Body);
                refused = answer.StatusCode == HttpStatusCode.TooManyRequests ? refused + 1 : 0;
                if (answer.StatusCode == HttpStatusCode.OK)
                    Interlocked.Increment(ref paid);
                else if (refused > 0)
                    answer.Headers.GetValues("x-ratelimit-remaining-requests").Single().ShouldBe("0");
                else
                    Interlocked.Increment(ref unanswered);
            }
        }));

        // A store that a busy machine did not let answer in time may have counted the call.
        var minutes = await CompletedByMinuteAsync(one, paid);
        minutes.ShouldAllBe(calls => calls <= limit);
        minutes.Max().ShouldBeGreaterThanOrEqualTo(limit - unanswered, $"{unanswered} unanswered");
    }

    [Theory]
    [InlineData(SpendTier.Postgres)]
    [InlineData(SpendTier.Redis)]
    public async Task A_keys_parallel_requests_hold_over_two_gateways_and_are_free_when_they_end(SpendTier tier)
    {
        const int limit = 4;
        var hold = new TaskCompletionSource();
        var released = Task.CompletedTask;
        await using var provider = await FakeProvider.StartAsync(async call =>
        {
            await released;
            await call.JsonAsync(new OpenAiAnswer().ToChatJson());
        });
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var redis = await RedisServer.StartNewAsync();
        var (one, two) = await TwoAsync(provider, await StoresAsync(tier, postgres, redis, null), new() { MaxParallelRequests = limit });
        await using var _ = one;
        await using var __ = two;

        await Task.WhenAll(AskAsync(one), AskAsync(two));
        released = hold.Task;

        var calls = Enumerable.Range(0, Clients).Select(i => AskAsync(i % 2 == 0 ? one : two)).ToList();
        await FirstAsync(calls, Clients - limit);
        hold.SetResult();
        var answers = await Task.WhenAll(calls);

        // A store that a busy machine did not let answer in time may have held a place for the call for a moment.
        var unanswered = answers.Sum(a => a.Unanswered);
        var served = answers.Count(a => a.Status == HttpStatusCode.OK);
        served.ShouldBeInRange(limit - unanswered, limit);
        answers.Count(a => a.Status == HttpStatusCode.TooManyRequests).ShouldBe(Clients - served);
        (await CompletedByMinuteAsync(two, served + 2)).Sum().ShouldBe(served + 2);
        var later = await Task.WhenAll(Enumerable.Range(0, limit).Select(i => AskAsync(i % 2 == 0 ? one : two)));
        if (later.Sum(a => a.Unanswered) == 0)
            later.ShouldAllBe(a => a.Status == HttpStatusCode.OK);
    }

    /// <summary>Asks again what a busy machine did not answer within the bound.</summary>
    private static async Task<(HttpStatusCode Status, int Unanswered)> AskAsync(GatewayChild gateway)
    {
        for (var unanswered = 0; ; unanswered++)
        {
            using var answer = await gateway.ChatAsync(GatewayConfigs.Key, Body);
            if (answer.StatusCode != HttpStatusCode.ServiceUnavailable)
                return (answer.StatusCode, unanswered);
        }
    }

    private async Task<(GatewayChild One, GatewayChild Two)> TwoAsync(
        FakeProvider provider, (string Name, string Value)[] variables, LimitsConfig limits)
    {
        var config = GatewayConfigs.Of(GatewayConfigs.Upstream(provider.BaseUrl));
        config = config with { Keys = [config.Keys[0] with { Limits = limits }] };
        return (await StartAsync("one", variables, config), await StartAsync("two", variables, config));
    }

    private static async Task FirstAsync<T>(IReadOnlyCollection<Task<T>> calls, int count)
    {
        while (calls.Count(c => c.IsCompleted) < count)
            await Task.WhenAny(calls.Where(c => !c.IsCompleted));
    }

    /// <summary>How many calls began in each minute of the store's clock, once that many are in the ledger.</summary>
    private static async Task<int[]> CompletedByMinuteAsync(GatewayChild gateway, int rows)
    {
        using var patience = new CancellationTokenSource(s_patience);
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, gateway.Data + "/spend/logs?status=completed&limit=1000");
            request.Headers.Authorization = new("Bearer", GatewayConfigs.Key);
            using var reply = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
            var logs = JsonNode.Parse(await reply.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["data"]!.AsArray();
            if (logs.Count == rows)
                return [.. logs.GroupBy(row => ((string)row!["startTime"]!)[..16]).Select(g => g.Count())];
            patience.IsCancellationRequested.ShouldBeFalse($"{logs.Count} rows, not {rows}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    private const string Body = """{"model":"m","max_tokens":500,"messages":[{"role":"user","content":"hi"}]}""";

    /// <summary>
    /// Until the budget is spent: what only waits for live calls is asked again, and what a busy machine did not answer within the bound too.
    /// </summary>
    private static async Task SpendAsync(GatewayChild gateway, ConcurrentBag<HttpStatusCode> answers)
    {
        while (true)
        {
            using var answer = await gateway.ChatAsync(GatewayConfigs.Key, Body);
            var text = await answer.Content.ReadAsStringAsync();
            if (text.Contains("\"budget_reserved\"", StringComparison.Ordinal) || text.Contains("\"budget_store_unavailable\"", StringComparison.Ordinal))
                continue;
            answers.Add(answer.StatusCode);
            if (answer.StatusCode != HttpStatusCode.OK)
                return;
        }
    }

    private static async Task UntilSettledAsync(GatewayChild gateway, decimal amount)
    {
        using var patience = new CancellationTokenSource(s_patience);
        BudgetCounter? counter;
        while ((counter = (await gateway.StatusAsync()).Budgets.SingleOrDefault()) is not { Reserved: 0 } || counter.Settled != amount)
        {
            patience.IsCancellationRequested.ShouldBeFalse($"{counter?.Settled} settled, {counter?.Reserved} reserved, not {amount}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    private async Task<GatewayChild> StartAsync(string name, (string Name, string Value)[] variables, ConfigSnapshot config)
    {
        var gateway = await GatewayChild.StartAsync(_folder.CreateSubdirectory(name).FullName, variables);
        await gateway.PushAsync(config);
        return gateway;
    }

    private async Task<(string Name, string Value)[]> StoresAsync(
        SpendTier tier, PostgresServer postgres, RedisServer redis, StoreCertificate? certificate)
    {
        var tls = certificate is null ? "" : "?sslmode=verify-full";
        List<(string Name, string Value)> variables =
        [
            ("GATEWAY_NAME", "team/main"),
            ("GATEWAY_POSTGRES_URL_FILE", await FileAsync("postgres", postgres.Url + tls)),
        ];
        if (tier == SpendTier.Redis)
            variables.Add(("GATEWAY_REDIS_URL_FILE", await FileAsync("redis", redis.Url)));
        if (certificate is not null)
        {
            variables.Add(("GATEWAY_POSTGRES_CA_FILE", certificate.CertificateFile));
            variables.Add(("GATEWAY_REDIS_CA_FILE", certificate.CertificateFile));
        }

        return [.. variables];
    }

    private async Task<string> FileAsync(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        await File.WriteAllTextAsync(path, text, TestContext.Current.CancellationToken);
        return path;
    }
}
