using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Config;
using Gateway.Tests.Budget.Contract;
using Support.Stores;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Integration.Tests.Spend;

using Money = global::Gateway.Server.Metering.Money;

/// <summary>Replicas that look after themselves, while Redis goes and comes.</summary>
public sealed class RedisOutageTests : IAsyncLifetime
{
    private static readonly BudgetModel s_budget = NewBudget(cost: 10m);

    private RedisServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await RedisServer.StartNewAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_flushed_store_is_rebuilt_and_a_stream_that_runs_through_it_is_charged_once()
    {
        await using var fixture = await OpenAsync();
        var other = await fixture.JoinAsync();
        await SpendAsync(fixture, 0.3m);
        var stream = await fixture.AdmitAsync(Request(0.5m, s_budget), other);
        other.Accrue(stream, Money.FromDecimal(0.6m), 10);
        await fixture.UntilAsync(s_budget, settled: 0.3m, reserved: 0.6m);

        await fixture.Database.ExecuteAsync("FLUSHALL");
        await fixture.UntilAsync(s_budget, settled: 0.3m, reserved: 0.6m);
        await other.SettleAsync(stream, Settlement(0.7m));

        await fixture.UntilAsync(s_budget, settled: 1m);
        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Length == 2, "two rows");
        fixture.Ledger.Rows.ShouldAllBe(r => r.Kind == RowKind.Settled);
    }

    [Fact]
    public async Task A_rebuilt_store_admits_nothing_before_other_replicas_have_said_what_their_calls_hold()
    {
        var tight = NewBudget("tight", cost: 1m);
        await using var fixture = await RedisFixture.OpenAsync(_server, tight);
        var other = await fixture.StartAsync();
        await SpendAsync(fixture, 0.1m, tight);
        await fixture.KeepUpAsync();
        var stream = await fixture.AdmitAsync(Request(0.6m, tight), other);

        await fixture.Database.ExecuteAsync("FLUSHALL");
        await fixture.Store.CheckAsync();
        await fixture.RefuseAsync<ReserveRefusal.StoreUnavailable>(Request(0.6m, tight));
        await other.CheckAsync();

        ReserveRefusal? refusal = null;
        await RedisFixture.UntilAsync(
            async () => (refusal = (await fixture.ReserveAsync(Request(0.6m, tight))).Refusal) is not ReserveRefusal.StoreUnavailable,
            "it admits again");
        refusal.ShouldBeOfType<ReserveRefusal.BudgetReserved>();
        await fixture.SettleAsync(stream, Settlement(0.6m), other);
        await fixture.ShouldStandAtAsync(tight, settled: 0.7m);
    }

    [Fact]
    public async Task A_store_that_comes_back_as_it_was_a_while_ago_is_rebuilt()
    {
        await using var fixture = await OpenAsync();
        await SpendAsync(fixture, 0.2m);
        await fixture.UntilAsync(s_budget, settled: 0.2m);
        var stream = await fixture.AdmitAsync(Request(0.5m, s_budget));
        var ended = await fixture.AdmitAsync(Request(0.4m, s_budget));
        await fixture.Database.ExecuteAsync("CONFIG", "SET", "appendonly", "no");
        await fixture.Store.SettleAsync(ended, Settlement(0.3m));
        await fixture.UntilAsync(s_budget, settled: 0.5m, reserved: 0.5m);

        await _server.KillAsync();
        await _server.StartAsync();

        await fixture.UntilAsync(s_budget, settled: 0.5m, reserved: 0.5m);
        await fixture.Store.SettleAsync(stream, Settlement(0.1m));
        await fixture.UntilAsync(s_budget, settled: 0.6m);
        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Sum(r => r.CostNanos) == 600_000_000, "all of it is in the ledger");
    }

    [Fact]
    public async Task While_the_store_is_gone_calls_follow_the_failure_mode_and_are_counted_once_it_is_back()
    {
        await using var fixture = await OpenAsync();
        await SpendAsync(fixture, 0.2m);
        var stream = await fixture.AdmitAsync(Request(0.5m, s_budget));
        await fixture.UntilAsync(s_budget, settled: 0.2m, reserved: 0.5m);

        await _server.KillAsync();
        await RedisFixture.UntilAsync(() => !fixture.Store.Health.IsWritable, "the store is noticed to be gone");
        await fixture.RefuseAsync<ReserveRefusal.StoreUnavailable>(Request(0.1m, s_budget));
        var open = Request(0.1m, s_budget) with { FailureMode = FailureMode.FailOpen };
        await fixture.Store.SettleAsync(await fixture.AdmitAsync(open), Settlement(0.1m));
        var live = await fixture.AdmitAsync(open with { CallId = "live" });
        await fixture.AdmitAsync(Request(0.1m));
        await fixture.Store.SettleAsync(stream, Settlement(0.4m));
        await _server.StartAsync();

        await fixture.UntilAsync(s_budget, settled: 0.7m, reserved: 0.1m);
        await fixture.Store.SettleAsync(live, Settlement(0.05m));
        await fixture.UntilAsync(s_budget, settled: 0.75m);
        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Length == 4, "four rows");
        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Sum(r => r.CostNanos) == 750_000_000, "all of it is in the ledger");
    }

    [Fact]
    public async Task A_paused_store_holds_nobody_up_and_keeps_nothing_of_calls_that_were_refused()
    {
        await using var fixture = await OpenAsync();
        await SpendAsync(fixture, 0.2m);
        await fixture.UntilAsync(s_budget, settled: 0.2m);

        _server.Pause();
        var began = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < 20; i++)
            await fixture.RefuseAsync<ReserveRefusal.StoreUnavailable>(Request(0.1m, s_budget));
        var took = TimeProvider.System.GetElapsedTime(began);
        _server.Resume();

        // Three wait for the bound; the others need not, and a busy machine adds its own.
        took.ShouldBeLessThan(TimeSpan.FromSeconds(3));
        await fixture.UntilAsync(s_budget, settled: 0.2m);
        await SpendAsync(fixture, 0.3m);
        await fixture.UntilAsync(s_budget, settled: 0.5m);
        fixture.Ledger.Rows.ShouldAllBe(r => r.Kind == RowKind.Settled);
    }

    [Fact]
    public async Task A_settle_that_a_paused_store_took_and_was_sent_again_counts_once()
    {
        await using var fixture = await OpenAsync();
        var call = await fixture.AdmitAsync(Request(0.5m, s_budget));
        await fixture.UntilAsync(s_budget, settled: 0, reserved: 0.5m);

        _server.Pause();
        await fixture.Store.SettleAsync(call, Settlement(0.4m));

        // The length of the outage: longer than the answer is waited for.
        await Task.Delay(fixture.Options.UpkeepBound * 2, TestContext.Current.CancellationToken);
        fixture.Store.Health.IsWritable.ShouldBeFalse();
        _server.Resume();

        await SpendAsync(fixture, 0.1m, mode: FailureMode.FailOpen);
        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Length == 2, "two rows");
        await fixture.UntilAsync(s_budget, settled: 0.5m);
    }

    /// <summary>As after a power failure: that it was delivered did not reach the disk.</summary>
    [Fact]
    public async Task A_volume_that_has_forgotten_what_was_delivered_delivers_it_again_and_each_call_counts_once()
    {
        var folder = Directory.CreateTempSubdirectory("volume-");
        await using var fixture = await OpenAsync(spool: folder.CreateSubdirectory("spool").FullName);
        var calls = new List<Reservation>();
        for (var i = 0; i < 200; i++)
            calls.Add(await fixture.AdmitAsync(Request(0.01m, s_budget)));

        _server.Pause();
        foreach (var call in calls)
            await fixture.Store.SettleAsync(call, Settlement(0.01m));
        await RedisFixture.UntilAsync(() => Files(fixture.SpoolDirectory!).Sum(f => File.ReadLines(f).Count()) >= 4, "batches are there");
        fixture.Kill(fixture.Store);
        var before = folder.CreateSubdirectory("before").FullName;
        foreach (var file in Files(fixture.SpoolDirectory!))
            File.Copy(file, Path.Combine(before, Path.GetFileName(file)));
        _server.Resume();

        fixture.Store = await fixture.StartAsync();
        await fixture.UntilAsync(s_budget, settled: 2);
        fixture.Kill(fixture.Store);

        fixture.SpoolDirectory = before;
        fixture.Store = await fixture.StartAsync();
        await RedisFixture.UntilAsync(() => Files(before).Length == 0, "all was delivered again");
        await fixture.UntilAsync(s_budget, settled: 2);
        folder.Delete(recursive: true);

        static string[] Files(string spool) => Directory.GetFiles(spool, "settlements-*");
    }

    /// <summary>The counters that it was delivered to are lost, and those after them have it from the ledger.</summary>
    [Fact]
    public async Task What_a_volume_delivers_again_to_counters_that_were_rebuilt_since_is_counted_once()
    {
        var folder = Directory.CreateTempSubdirectory("volume-");
        await using var fixture = await OpenAsync(spool: folder.CreateSubdirectory("spool").FullName);
        var call = await fixture.AdmitAsync(Request(0.5m, s_budget));
        _server.Pause();
        await fixture.Store.SettleAsync(call, Settlement(0.4m));
        await RedisFixture.UntilAsync(() => Files(fixture.SpoolDirectory!).Length > 0, "it is on the volume");
        fixture.Kill(fixture.Store);
        var before = folder.CreateSubdirectory("before").FullName;
        foreach (var file in Files(fixture.SpoolDirectory!))
            File.Copy(file, Path.Combine(before, Path.GetFileName(file)));
        _server.Resume();
        fixture.Store = await fixture.StartAsync();
        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Length == 1, "it is delivered");
        await fixture.UntilAsync(s_budget, settled: 0.4m);
        fixture.Kill(fixture.Store);
        await fixture.Database.ExecuteAsync("FLUSHALL");

        fixture.SpoolDirectory = before;
        fixture.Store = await fixture.StartAsync();
        await RedisFixture.UntilAsync(() => Files(before).Length == 0, "it is delivered again");
        await fixture.UntilAsync(s_budget, settled: 0.4m);
        fixture.Ledger.Rows.Length.ShouldBe(1);
        folder.Delete(recursive: true);

        static string[] Files(string spool) => Directory.GetFiles(spool, "settlements-*");
    }

    [Fact]
    public async Task Scripts_that_the_server_forgot_are_sent_again()
    {
        await using var fixture = await OpenAsync();
        await SpendAsync(fixture, 0.2m);
        await fixture.Database.ExecuteAsync("SCRIPT", "FLUSH");
        await SpendAsync(fixture, 0.3m);
        await fixture.UntilAsync(s_budget, settled: 0.5m);
    }

    [Fact]
    public async Task A_store_that_moved_to_another_address_is_found_and_rebuilt()
    {
        await using var fixture = await OpenAsync();
        await SpendAsync(fixture, 0.2m);
        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Length == 1, "the row is in the ledger");
        var stream = await fixture.AdmitAsync(Request(0.5m, s_budget));
        await using var moved = await RedisServer.StartNewAsync();

        await File.WriteAllTextAsync(fixture.UrlFile, moved.Url, TestContext.Current.CancellationToken);
        await _server.KillAsync();

        await fixture.UntilAsync(s_budget, settled: 0.2m, reserved: 0.5m);
        await fixture.Store.SettleAsync(stream, Settlement(0.4m));
        await fixture.UntilAsync(s_budget, settled: 0.6m);
    }

    [Fact]
    public async Task Rows_that_a_dead_replica_had_not_brought_to_the_ledger_are_brought_there_by_another()
    {
        await using var fixture = await OpenAsync(RowPatience);
        var other = await fixture.StartAsync();
        fixture.Ledger.IsDown = true;
        await SpendAsync(fixture, 0.2m);
        await fixture.UntilAsync(s_budget, settled: 0.2m);
        fixture.Kill(fixture.Store);
        fixture.Ledger.IsDown = false;

        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Length == 1, "the row is in the ledger");
        fixture.Store = other;
        await fixture.UntilAsync(s_budget, settled: 0.2m);
    }

    [Fact]
    public async Task A_replica_that_died_leaves_rows_of_what_its_calls_had_accrued_once()
    {
        await using var fixture = await OpenAsync(RowPatience);
        var (other, third) = (await fixture.StartAsync(), await fixture.StartAsync());
        for (var i = 0; i < 20; i++)
            await fixture.AdmitAsync(Request(0.04m, s_budget) with { Limits = new() { MaxParallelRequests = 20 } });
        fixture.Kill(fixture.Store);
        fixture.Store = other;

        await fixture.UntilAsync(s_budget, settled: 0.2m);
        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Length == 20, "a row for each");
        fixture.Ledger.Rows.ShouldAllBe(r => r.Kind == RowKind.Abandoned && r.CostNanos == 10_000_000);
        await fixture.AdmitAsync(Request(0.04m, s_budget) with { Limits = new() { MaxParallelRequests = 1 } }, third);
    }

    /// <summary>That it was given up is known to the ledger alone.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_that_was_given_up_before_a_loss_and_settled_after_it_is_charged_what_it_cost(bool isGivenUpAgain)
    {
        await using var fixture = await OpenAsync();
        await SpendAsync(fixture, 0.1m);
        var call = await fixture.AdmitAsync(Request(0.5m, s_budget));
        await fixture.LoseSightAsync();
        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Length == 2, "it is given up");
        await fixture.Database.ExecuteAsync("FLUSHALL");
        await fixture.UntilAsync(s_budget, settled: 0.225m, reserved: 0.5m);
        if (isGivenUpAgain)
        {
            await fixture.LoseSightAsync();
            await fixture.UntilAsync(s_budget, settled: 0.225m);
        }

        await fixture.Store.SettleAsync(call, Settlement(0.5m));

        await fixture.UntilAsync(s_budget, settled: 0.6m);
        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Sum(r => r.CostNanos) == 600_000_000, "the ledger has it too");
        fixture.Ledger.Rows.Select(r => r.Kind).ShouldBe([RowKind.Settled, RowKind.Abandoned, RowKind.Correction]);
        await fixture.Database.ExecuteAsync("FLUSHALL");
        await RedisFixture.UntilAsync(() => fixture.Database.KeyExists(fixture.Name("state")), "it is rebuilt");
        await fixture.UntilAsync(s_budget, settled: 0.6m);
        (await fixture.SpentByAsync(Key)).ToDecimal().ShouldBe(0.6m);
    }

    [Fact]
    public async Task What_a_killed_process_held_is_given_up_when_the_next_one_has_its_volume_and_not_after_a_lease()
    {
        var folder = Directory.CreateTempSubdirectory("volume-");
        await using var fixture = await OpenAsync(spool: folder.FullName);
        fixture.SpoolDirectory = null;
        var other = await fixture.StartAsync();
        await fixture.AdmitAsync(Request(0.5m, s_budget), other);
        for (var i = 0; i < 3; i++)
            await fixture.AdmitAsync(Request(0.04m, s_budget));
        await fixture.UntilAsync(s_budget, settled: 0, reserved: 0.62m);

        fixture.Kill(fixture.Store);
        fixture.SpoolDirectory = folder.FullName;
        fixture.Store = await fixture.StartAsync();

        // Each is charged its prompt, and the other replica's call is as it was.
        await fixture.UntilAsync(s_budget, settled: 0.03m, reserved: 0.5m);
        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Length == 3, "a row for each");
        fixture.Ledger.Rows.ShouldAllBe(r => r.Kind == RowKind.Abandoned && r.CostNanos == 10_000_000);
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_call_that_ends_while_its_budget_is_seeded_is_counted_once()
    {
        var month = NewBudget(cost: 10m, period: BudgetPeriod.Monthly);
        await using var fixture = await OpenAsync();
        var other = await fixture.JoinAsync();
        await SpendAsync(fixture, 0.2m);
        var call = await fixture.AdmitAsync(Request(0.5m, s_budget), other);
        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Length == 1, "the row is in the ledger");

        // The seed has been read, and is not in force yet.
        fixture.Ledger.OnSeed = async () =>
        {
            await other.SettleAsync(call, Settlement(0.4m));
            await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Length == 2, "the other row is in the ledger");
        };
        fixture.Store.Apply([month]);

        await RedisFixture.UntilAsync(
            () => fixture.Database.HashGet(fixture.Name("state"), "d:" + month.Id) == month.CounterDefinition, "it is in force");
        await fixture.UntilAsync(month, settled: 0.6m);
    }

    [Fact]
    public async Task Rows_that_waited_for_the_ledger_through_a_rebuild_are_counted_once()
    {
        await using var fixture = await OpenAsync();
        await SpendAsync(fixture, 0.2m);
        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Length == 1, "the row is in the ledger");
        fixture.Ledger.IsDown = true;
        await SpendAsync(fixture, 0.3m);
        await fixture.UntilAsync(s_budget, settled: 0.5m);
        await fixture.Database.ExecuteAsync("FLUSHALL");
        await RedisFixture.UntilAsync(() => !fixture.Store.Health.IsWritable, "the loss is noticed");
        fixture.Ledger.IsDown = false;
        await fixture.UntilAsync(s_budget, settled: 0.5m);
        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Sum(r => r.CostNanos) == 500_000_000, "all of it is in the ledger");
    }

    [Fact]
    public async Task A_row_that_reached_the_ledger_after_a_rebuild_is_counted_also_where_the_answer_was_lost()
    {
        await using var fixture = await OpenAsync();
        await SpendAsync(fixture, 0.2m);
        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Length == 1, "the row is in the ledger");
        fixture.Ledger.IsReadOnly = true;
        await SpendAsync(fixture, 0.3m);
        await fixture.UntilAsync(s_budget, settled: 0.5m);
        await fixture.Database.ExecuteAsync("FLUSHALL");
        await fixture.UntilAsync(s_budget, settled: 0.2m);

        fixture.Ledger.LosesAnswers = true;
        fixture.Ledger.IsReadOnly = false;
        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Length == 2, "the other row is in the ledger");
        fixture.Ledger.LosesAnswers = false;

        await fixture.UntilAsync(s_budget, settled: 0.5m);
    }

    [Fact]
    public async Task A_store_that_was_killed_while_counters_were_seeded_is_seeded_as_soon_as_it_is_back()
    {
        await using var fixture = await OpenAsync();
        await SpendAsync(fixture, 0.2m);
        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Length == 1, "the row is in the ledger");
        fixture.Ledger.OnSeed = async () =>
        {
            fixture.Ledger.OnSeed = null;
            await _server.KillAsync();
        };
        await fixture.Database.ExecuteAsync("FLUSHALL");
        await RedisFixture.UntilAsync(() => fixture.Ledger.OnSeed is null, "it is seeded");
        await RedisFixture.UntilAsync(() => !_server.IsRunning, "it is killed");
        var began = TimeProvider.System.GetTimestamp();
        await _server.StartAsync();

        await fixture.UntilAsync(s_budget, settled: 0.2m);
        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(fixture.Options.SeedBound / 2);
    }

    private static readonly TimeSpan RowPatience = TimeSpan.FromSeconds(1);

    private async Task<RedisFixture> OpenAsync(TimeSpan? lease = null, string? spool = null)
    {
        var fixture = new RedisFixture(_server) { IsAutomatic = true, SpoolDirectory = spool };
        fixture.Options = fixture.Options with
        {
            Bound = TimeSpan.FromMilliseconds(250),
            UpkeepBound = TimeSpan.FromSeconds(1),
            CheckInterval = TimeSpan.FromMilliseconds(50),
            Lease = lease ?? TimeSpan.FromSeconds(60),
            SweepInterval = TimeSpan.FromSeconds(1),
            RowPatience = RowPatience,
        };
        await fixture.OpenAsync(s_budget);
        return fixture;
    }

    private static async Task SpendAsync(
        RedisFixture fixture, decimal cost, BudgetModel? budget = null, FailureMode mode = FailureMode.FailClosed) =>
        await fixture.Store.SettleAsync(
            await fixture.AdmitAsync(Request(cost, budget ?? s_budget) with { FailureMode = mode }), Settlement(cost));
}
