using Gateway.Server.Budget;
using Gateway.Server.Budget.Redis;
using Gateway.Server.Config;
using Gateway.Tests.Budget.Contract;
using StackExchange.Redis;
using Support.Stores;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Integration.Tests.Spend;

/// <summary>What is said on the way to Redis and back is lost, late, or reaches another server.</summary>
public sealed class RedisNetworkTests : IAsyncLifetime
{
    private static readonly BudgetModel s_budget = NewBudget(cost: 10m);

    private RedisServer _server = null!;
    private StoreRoute _route = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartNewAsync();
        _route = StoreRoute.To(_server);
    }

    public async ValueTask DisposeAsync()
    {
        await _route.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_settle_whose_answer_was_lost_is_sent_again_and_counts_once()
    {
        await using var fixture = await OpenAsync();
        await SpendAsync(fixture, 0.1m);
        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Length == 1, "the server knows the script");
        await RedisFixture.UntilAsync(() => fixture.Database.HashLength(fixture.Name("rows")) == 0, "nothing of it waits there");
        var call = await fixture.AdmitAsync(Request(0.5m, s_budget));

        _route.HoldAnswers();
        await fixture.Store.SettleAsync(call, Settlement(0.4m));
        await RedisFixture.UntilAsync(() => fixture.Database.HashLength(fixture.Name("rows")) == 1, "the server has counted it");
        _route.Cut();
        _route.Release();

        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Length == 2, "its row is in the ledger");
        await fixture.UntilAsync(s_budget, settled: 0.5m);
    }

    [Fact]
    public async Task A_settle_whose_answer_was_lost_and_whose_row_was_in_the_ledger_when_the_store_was_rebuilt_counts_once()
    {
        await using var fixture = await OpenAsync();
        await SpendAsync(fixture, 0.1m);
        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Length == 1, "the server knows the script");
        await RedisFixture.UntilAsync(() => fixture.Database.HashLength(fixture.Name("rows")) == 0, "nothing of it waits there");
        var call = await fixture.AdmitAsync(Request(0.5m, s_budget));

        _route.HoldAnswers();
        await fixture.Store.SettleAsync(call, Settlement(0.4m));
        await RedisFixture.UntilAsync(() => fixture.Database.HashLength(fixture.Name("rows")) == 1, "the server has counted it");
        string name = fixture.Database.HashKeys(fixture.Name("rows"))[0]!;
        var row = WaitingRow.Parse(name, fixture.Database.HashGet(fixture.Name("rows"), name)!)!.Row;
        await fixture.Ledger.WriteAsync([row], TestContext.Current.CancellationToken);
        await fixture.Database.ExecuteAsync("FLUSHALL");
        _route.Cut();
        _route.Release();

        await fixture.UntilAsync(s_budget, settled: 0.5m);
        Reservation? next = null;
        await RedisFixture.UntilAsync(
            async () => (next = (await fixture.ReserveAsync(Request(0.1m, s_budget))).Reservation) is not null, "it admits");
        await fixture.Store.SettleAsync(next!, Settlement(0.1m));
        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Length == 3, "all that was to be counted is counted");
        await fixture.UntilAsync(s_budget, settled: 0.6m);
    }

    [Fact]
    public async Task A_reserve_that_arrives_when_nobody_waits_for_it_any_more_holds_nothing()
    {
        await using var fixture = await OpenAsync();
        var other = await fixture.StartAsync();
        await SpendAsync(fixture, 0.1m);
        await fixture.UntilAsync(s_budget, settled: 0.1m);

        _route.HoldQuestions();
        await fixture.RefuseAsync<ReserveRefusal.StoreUnavailable>(Request(0.5m, s_budget));
        fixture.Kill(fixture.Store);
        await fixture.RefuseAsync<ReserveRefusal.StoreUnavailable>(Request(0.5m, s_budget), other);

        // How late it is: later than any reserve may be.
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        _route.Release();

        fixture.Store = other;
        await fixture.UntilAsync(s_budget, settled: 0.1m);
        await fixture.AdmitAsync(Request(9.9m, s_budget));
    }

    [Fact]
    public async Task A_replica_that_was_promoted_without_the_last_writes_is_rebuilt()
    {
        await using var promoted = await RedisServer.StartNewAsync();
        await using var fixture = await OpenAsync();
        using var administrator = await AdministerAsync(promoted);
        var replica = administrator.GetDatabase();
        await SpendAsync(fixture, 0.2m);
        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Length == 1, "the row is in the ledger");
        var stream = await fixture.AdmitAsync(Request(0.5m, s_budget));
        await replica.ExecuteAsync("REPLICAOF", "127.0.0.1", _server.Port);
        await RedisFixture.UntilAsync(() => replica.KeyExists(fixture.Name("state")), "it has followed");

        await replica.ExecuteAsync("REPLICAOF", "NO", "ONE");
        await SpendAsync(fixture, 0.3m);
        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Length == 2, "the other row is in the ledger");
        _route.Server = promoted;
        await _server.KillAsync();

        await fixture.UntilAsync(s_budget, settled: 0.5m, reserved: 0.5m);
        await fixture.Store.SettleAsync(stream, Settlement(0.4m));
        await fixture.UntilAsync(s_budget, settled: 0.9m);
        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Sum(r => r.CostNanos) == 900_000_000, "all of it is in the ledger");
    }

    [Fact]
    public async Task A_server_with_a_password_and_a_certificate_of_its_own_authority_is_counted_in()
    {
        using var certificate = new StoreCertificate(TimeProvider.System.GetUtcNow());
        await using var server = await RedisServer.StartNewAsync("pa:ss/w%rd", certificate);
        await using var fixture = new RedisFixture(server, certificate.CertificateFile) { IsAutomatic = true };
        await fixture.OpenAsync(s_budget);
        await SpendAsync(fixture, 0.2m);
        await fixture.UntilAsync(s_budget, settled: 0.2m);
    }

    [Fact]
    public async Task A_user_who_may_use_the_gateways_keys_alone_is_enough()
    {
        await using var fixture = new RedisFixture(_server) { IsAutomatic = true };
        await fixture.Database.ExecuteAsync("ACL", "SETUSER", "app", "on", ">pa:ss/w%rd", "~{llmgw:*", "+@all", "-@dangerous", "+info");
        await File.WriteAllTextAsync(
            fixture.UrlFile, $"redis://app:pa%3Ass%2Fw%25rd@127.0.0.1:{_server.Port}", TestContext.Current.CancellationToken);
        await fixture.OpenAsync(s_budget);
        await SpendAsync(fixture, 0.2m);
        await fixture.UntilAsync(s_budget, settled: 0.2m);
    }

    [Fact]
    public async Task A_master_that_was_made_a_replica_is_left_for_the_one_that_the_name_leads_to_now()
    {
        await using var promoted = await RedisServer.StartNewAsync();
        await using var fixture = await OpenAsync();
        await SpendAsync(fixture, 0.2m);
        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Length == 1, "the row is in the ledger");

        _route.Server = promoted;
        await fixture.Database.ExecuteAsync("REPLICAOF", "127.0.0.1", promoted.Port);

        await RedisFixture.UntilAsync(
            async () => (await fixture.Store.ReserveAsync(Request(0.1m, s_budget), default)).Reservation is not null, "it counts");
        await fixture.UntilAsync(s_budget, settled: 0.2m, reserved: 0.1m);
    }

    private static Task<ConnectionMultiplexer> AdministerAsync(RedisServer server)
    {
        var options = new ConfigurationOptions { EndPoints = { { "127.0.0.1", server.Port } }, AllowAdmin = true };
        return ConnectionMultiplexer.ConnectAsync(options);
    }

    private static async Task SpendAsync(RedisFixture fixture, decimal cost) =>
        await fixture.Store.SettleAsync(await fixture.AdmitAsync(Request(cost, s_budget)), Settlement(cost));

    private async Task<RedisFixture> OpenAsync()
    {
        var fixture = new RedisFixture(_server) { IsAutomatic = true };
        fixture.Options = fixture.Options with
        {
            Bound = TimeSpan.FromMilliseconds(250),
            UpkeepBound = TimeSpan.FromSeconds(1),
            CheckInterval = TimeSpan.FromMilliseconds(50),
        };
        await File.WriteAllTextAsync(fixture.UrlFile, _route.Url(_server.Url), TestContext.Current.CancellationToken);
        await fixture.OpenAsync(s_budget);
        return fixture;
    }
}
