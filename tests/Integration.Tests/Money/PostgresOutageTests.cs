using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Config;
using Gateway.Tests.Budget.Contract;
using Npgsql;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Integration.Tests.Money;

/// <summary>The database goes away in every way that it can, and comes back.</summary>
public sealed class PostgresOutageTests : IAsyncLifetime
{
    private const string Gateway = "ns/main";

    private readonly SharedPostgres _postgres = new();
    private readonly BudgetModel _budget = NewBudget(cost: 10m);
    private PostgresFixture _fixture = null!;

    public async ValueTask InitializeAsync()
    {
        await _postgres.InitializeAsync();
        _fixture = new(_postgres)
        {
            Gateway = Gateway,
            Options = new()
            {
                Gateway = Gateway,
                Bound = TimeSpan.FromSeconds(1),
                Lease = TimeSpan.FromSeconds(3),
                UpkeepInterval = TimeSpan.FromMilliseconds(50),
                RenewInterval = TimeSpan.FromMilliseconds(500),
                SweepInterval = TimeSpan.FromMilliseconds(100),
            },
        };
        await _fixture.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _fixture.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    [Theory]
    [InlineData("stopped")]
    [InlineData("killed")]
    [InlineData("paused")]
    [InlineData("read-only")]
    public async Task While_the_database_is_lost_calls_follow_the_failure_mode_and_nothing_is_lost(string how)
    {
        await _fixture.SpendAsync(1m, _budget);
        var live = await _fixture.AdmitAsync(Request(2m, _budget));
        await LoseAsync(how);

        var closed = await _fixture.RefuseAsync<ReserveRefusal.StoreUnavailable>(Request(1m, _budget));
        closed.Reason.ShouldNotBeEmpty();
        await _fixture.RefuseAsync<ReserveRefusal.StoreUnavailable>(Limited(new() { RequestsPerMinute = 10 }));
        var open = await _fixture.AdmitAsync(Request(3m, _budget) with { FailureMode = FailureMode.FailOpen });
        var warned = NewBudget("warned", action: BudgetAction.Warn);
        var free = await _fixture.AdmitAsync(Request(0.5m, warned));
        _fixture.Store.Health.IsWritable.ShouldBeFalse();
        await _fixture.Store.SettleAsync(live, Settlement(1.5m));
        await _fixture.Store.SettleAsync(open, Settlement(2.5m));
        await _fixture.Store.SettleAsync(free, Settlement(0.25m));

        await FindAsync(how);
        await AwaitAsync(() => _fixture.Store.Health.IsWritable);
        await AwaitAsync(async () => await _fixture.AskAsync<decimal>(
            "select sum(cost_nanos) from llm_gateway.ledger where gateway = $1") == 5_250_000_000m);
        await _fixture.ShouldStandAtAsync(_budget, settled: 5m);
        await _fixture.ShouldStandAtAsync(warned, settled: 0.25m);
        await _fixture.AdmitAsync(Request(5m, _budget));
        _fixture.Store.Health.ShouldBe(new StoreHealth(IsWritable: true, LostRecords: 0));
    }

    [Fact]
    public async Task A_call_that_outlives_an_outage_longer_than_its_lease_is_charged_once()
    {
        var live = await _fixture.AdmitAsync(Request(2m, _budget));
        await _postgres.Server.StopAsync();
        await _fixture.RefuseAsync<ReserveRefusal.StoreUnavailable>(Request(1m, _budget));
        await Task.Delay(_fixture.Options.Lease, TimeProvider.System, TestContext.Current.CancellationToken);
        await _postgres.Server.StartAsync();
        await AwaitAsync(() => _fixture.Store.Health.IsWritable);
        await AwaitAsync(async () => await _fixture.AskAsync<bool>(
            "select min(expires_at) > clock_timestamp() from llm_gateway.reservation where gateway = $1"));
        await _fixture.Store.SettleAsync(live, Settlement(1.5m));
        await _fixture.ShouldStandAtAsync(_budget, settled: 1.5m);
        (await _fixture.RowsAsync()).Where(r => r.CostNanos != 0).ShouldHaveSingleItem().Kind.ShouldBe(RowKind.Settled);
    }

    [Fact]
    public async Task A_question_that_a_paused_database_finds_when_nobody_waits_any_more_admits_nothing()
    {
        await _fixture.SpendAsync(1m, _budget);
        _postgres.Server.Pause();
        await _fixture.RefuseAsync<ReserveRefusal.StoreUnavailable>(Request(9m, _budget));
        _postgres.Server.Resume();
        await AwaitAsync(() => _fixture.Store.Health.IsWritable);
        await _fixture.AdmitAsync(Request(9m, _budget));
    }

    [Fact]
    public async Task A_store_that_starts_without_connections_to_be_had_serves_once_there_are()
    {
        var others = new List<NpgsqlConnection>();
        try
        {
            while (await _postgres.Admin.OpenConnectionAsync(TestContext.Current.CancellationToken) is { } connection)
                others.Add(connection);
        }
        catch (PostgresException e)
        {
            e.SqlState.ShouldBe(PostgresErrorCodes.TooManyConnections);
        }

        var store = await _fixture.JoinAsync();
        await _fixture.RefuseAsync<ReserveRefusal.StoreUnavailable>(Request(1m, _budget), store);
        foreach (var connection in others)
            await connection.DisposeAsync();
        NpgsqlConnection.ClearAllPools();
        await AwaitAsync(() => store.Health.IsWritable);
        await _fixture.AdmitAsync(Request(1m, _budget), store);
    }

    [Fact]
    public async Task A_store_that_stops_writes_what_was_kept_while_the_database_was_away()
    {
        await _postgres.Server.StopAsync();
        var store = await _fixture.JoinAsync();
        var call = await _fixture.AdmitAsync(Request(3m, _budget) with { FailureMode = FailureMode.FailOpen }, store);
        await store.SettleAsync(call, Settlement(2.5m));
        await _postgres.Server.StartAsync();
        await _fixture.LeaveAsync(store);
        (await _fixture.AskAsync<decimal>("select sum(cost_nanos) from llm_gateway.ledger where gateway = $1")).ShouldBe(2_500_000_000m);
    }

    [Fact]
    public async Task Replicas_that_start_at_once_on_an_empty_database_make_one_schema()
    {
        await using (var drop = _postgres.Admin.CreateCommand("drop schema llm_gateway cascade"))
            await drop.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        var stores = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(_fixture.JoinAsync)));
        stores.ShouldAllBe(store => store.Health.IsWritable);
        await _fixture.AdmitAsync(Request(1m, _budget), stores[3]);
    }

    [Fact]
    public async Task A_schema_of_a_newer_gateway_is_used_as_it_is()
    {
        await using (var newer = _postgres.Admin.CreateCommand("""
            insert into llm_gateway.migration (number, name) values (9999, '9999-later.sql');
            """))
            await newer.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        var store = await _fixture.JoinAsync();
        await _fixture.SettleAsync(await _fixture.AdmitAsync(Request(1m, _budget), store), Settlement(1m), store);
        await _fixture.ShouldStandAtAsync(_budget, settled: 1m);
    }

    [Fact]
    public async Task Rows_past_their_retention_are_deleted_and_what_they_added_up_to_stays()
    {
        var brief = new PostgresFixture(_postgres)
        {
            Gateway = "ns/brief",
            Options = _fixture.Options with { Gateway = "ns/brief", Retention = TimeSpan.Zero, CleanInterval = TimeSpan.Zero },
        };
        await brief.StartAsync();
        await brief.SpendAsync(1m, _budget);
        await AwaitAsync(async () => (await brief.RowsAsync()).Count == 0);
        await brief.ShouldStandAtAsync(_budget, settled: 1m);
        (await brief.AskAsync<decimal>("select sum(cost_nanos) from llm_gateway.usage_hour where gateway = $1")).ShouldBe(1_000_000_000m);
        await brief.DisposeAsync();
    }

    private async Task LoseAsync(string how)
    {
        switch (how)
        {
            case "stopped":
                await _postgres.Server.StopAsync();
                break;
            case "killed":
                await _postgres.Server.KillAsync();
                break;
            case "paused":
                _postgres.Server.Pause();
                break;
            default:
                await ReadOnlyAsync("on");
                break;
        }
    }

    private async Task FindAsync(string how)
    {
        switch (how)
        {
            case "stopped" or "killed":
                await _postgres.Server.StartAsync();
                break;
            case "paused":
                _postgres.Server.Resume();
                break;
            default:
                await ReadOnlyAsync("off");
                break;
        }
    }

    /// <summary>For the sessions that are there too.</summary>
    private async Task ReadOnlyAsync(string value)
    {
        await using var connection = await _postgres.Admin.OpenConnectionAsync();
        foreach (var sql in new[] { $"alter system set default_transaction_read_only = {value}", "select pg_reload_conf()" })
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }

        await AwaitAsync(async () =>
        {
            await using var shown = _postgres.Admin.CreateCommand("show default_transaction_read_only");
            return (string?)await shown.ExecuteScalarAsync() == value;
        });
    }

    private static Task AwaitAsync(Func<bool> condition) => AwaitAsync(() => Task.FromResult(condition()));

    private static async Task AwaitAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await condition())
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
    }
}
