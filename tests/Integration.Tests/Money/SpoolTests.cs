using System.Net;
using System.Text.RegularExpressions;
using Gateway.Contract;
using Integration.Tests.Gateway;
using Npgsql;
using Support.FakeProviders;
using Support.Stores;

namespace Integration.Tests.Money;

/// <summary>A gateway is killed while a database is away, and another one goes on with its volume.</summary>
public sealed partial class SpoolTests : IDisposable
{
    private const decimal Cost = 0.001001m;
    private const int Calls = 12;
    private const string Body = """{"model":"m","max_tokens":500,"messages":[{"role":"user","content":"hi"}]}""";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spool-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(SpendTier.Postgres, true, false)]
    [InlineData(SpendTier.Redis, true, false)]
    [InlineData(SpendTier.Redis, false, true)]
    [InlineData(SpendTier.Redis, true, true)]
    public async Task A_gateway_that_is_killed_in_an_outage_has_every_call_charged_once_by_the_one_after_it(
        SpendTier tier, bool withoutPostgres, bool withoutRedis)
    {
        await using var provider = await FakeProvider.StartAsync(call =>
            call.JsonAsync(new OpenAiAnswer { PromptTokens = 1, CompletionTokens = 500 }.ToChatJson()));
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var redis = await RedisServer.StartNewAsync();
        var config = GatewayConfigs.Of(GatewayConfigs.Upstream(provider.BaseUrl));
        config = config with { Settings = config.Settings with { BudgetStoreFailureMode = FailureMode.FailOpen } };
        var killed = await StartAsync(tier, postgres, redis, config);
        List<string> calls = [await CallAsync(killed)];
        await UntilSettledAsync(killed, Cost);

        await Task.WhenAll(withoutPostgres ? postgres.KillAsync() : Task.CompletedTask, withoutRedis ? redis.KillAsync() : Task.CompletedTask);
        while (calls.Count < Calls)
            calls.Add(await CallAsync(killed));
        await UntilAsync(() => calls.Skip(1).All(Spooled().Contains), "what waits is on the volume");
        await killed.KillAsync();
        await killed.DisposeAsync();

        await Task.WhenAll(withoutPostgres ? postgres.StartAsync() : Task.CompletedTask, withoutRedis ? redis.StartAsync() : Task.CompletedTask);
        await using var again = await StartAsync(tier, postgres, redis, config);
        await UntilSettledAsync(again, Calls * Cost);
        await UntilAsync(() => Spooled().Count == 0, "nothing waits");
        var rows = await RowsAsync(postgres);
        rows.Select(r => r.CallId).Order(StringComparer.Ordinal).ShouldBe(calls.Order(StringComparer.Ordinal));
        rows.Sum(r => r.CostNanos).ShouldBe((long)(Calls * Cost * 1_000_000_000));
    }

    private static async Task<string> CallAsync(GatewayChild gateway)
    {
        using var answer = await gateway.ChatAsync(GatewayConfigs.Key, Body);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return answer.Headers.GetValues("x-litellm-call-id").Single();
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

    private static async Task UntilAsync(Func<bool> condition, string what)
    {
        using var patience = new CancellationTokenSource(s_patience);
        while (!condition())
        {
            patience.IsCancellationRequested.ShouldBeFalse(what);
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    private static async Task<List<(string CallId, long CostNanos)>> RowsAsync(PostgresServer postgres)
    {
        var uri = new Uri(postgres.Url);
        var settings = new NpgsqlConnectionStringBuilder
        {
            Host = uri.Host, Port = uri.Port, Username = "gateway", Password = postgres.Password, Database = "postgres",
        };
        await using var source = NpgsqlDataSource.Create(settings);
        await using var command = source.CreateCommand("select call_id, cost_nanos from llm_gateway.ledger");
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var rows = new List<(string, long)>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            rows.Add((reader.GetString(0), reader.GetInt64(1)));
        return rows;
    }

    /// <summary>Calls whose rows or settlements are on the volume.</summary>
    private HashSet<string> Spooled()
    {
        var spool = Path.Combine(_folder.FullName, "state", "spool");
        if (!Directory.Exists(spool))
            return [];
        return [.. Directory.GetFiles(spool, "*.jsonl").SelectMany(CallsIn).ToHashSet(StringComparer.Ordinal)];

        static IEnumerable<string> CallsIn(string path)
        {
            try
            {
                return [.. CallId().Matches(File.ReadAllText(path)).Select(m => m.Groups["id"].Value)];
            }
            catch (FileNotFoundException)
            {
                return [];
            }
        }
    }

    private async Task<GatewayChild> StartAsync(SpendTier tier, PostgresServer postgres, RedisServer redis, ConfigSnapshot config)
    {
        List<(string Name, string Value)> variables =
        [
            ("GATEWAY_NAME", "team/main"),
            ("GATEWAY_POSTGRES_URL_FILE", await FileAsync("postgres", postgres.Url)),
        ];
        if (tier == SpendTier.Redis)
            variables.Add(("GATEWAY_REDIS_URL_FILE", await FileAsync("redis", redis.Url)));
        var gateway = await GatewayChild.StartAsync(_folder.FullName, [.. variables]);
        await gateway.PushAsync(config);
        return gateway;
    }

    private async Task<string> FileAsync(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        await File.WriteAllTextAsync(path, text, TestContext.Current.CancellationToken);
        return path;
    }

    [GeneratedRegex("\"callId\":\"(?<id>[^\"]+)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CallId();
}
