using System.Collections.Concurrent;
using System.Net;
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
