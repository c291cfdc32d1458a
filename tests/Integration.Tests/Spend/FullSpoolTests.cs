using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Budget.Spool;
using Gateway.Server.Config;
using Gateway.Tests.Budget.Contract;
using Support;
using Support.Stores;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Integration.Tests.Spend;

/// <summary>The ledger takes no rows, and the volume soon neither.</summary>
public sealed class FullSpoolTests : IAsyncLifetime
{
    private const decimal Cost = 0.001m;

    private static readonly BudgetModel s_budget = NewBudget(cost: 10m);
    private static readonly SpoolOptions s_small = new() { MaxItems = 20, MaxInMemory = 20 };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("full-");
    private RedisServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await RedisServer.StartNewAsync();

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_full_spool_refuses_calls_that_must_be_counted_and_what_was_served_is_all_in_the_ledger()
    {
        await using var fixture = await OpenAsync(_folder.FullName, s_small);
        fixture.Ledger.IsDown = true;
        var served = 0;
        await RedisFixture.UntilAsync(
            async () =>
            {
                var (call, refusal) = await fixture.Store.ReserveAsync(Request(Cost, s_budget), TestContext.Current.CancellationToken);
                if (call is not null)
                {
                    served++;
                    await fixture.Store.SettleAsync(call, Settlement(Cost));
                }

                return refusal is ReserveRefusal.StoreUnavailable;
            },
            "calls are refused");
        fixture.Store.Health.IsWritable.ShouldBeFalse();
        fixture.Store.Health.LostRecords.ShouldBe(0);

        // Nobody has to count these.
        await fixture.AdmitAsync(Request(Cost));

        fixture.Ledger.IsDown = false;
        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Length == served, "all rows are in the ledger");
        await fixture.UntilAsync(s_budget, settled: served * Cost);
        await fixture.AdmitAsync(Request(Cost, s_budget));
    }

    [Fact]
    public async Task Rows_of_refused_calls_leave_the_room_in_memory_to_those_that_charge_something()
    {
        await using var fixture = await OpenAsync(null, new() { MaxInMemory = 40 });
        fixture.Ledger.IsDown = true;
        for (var i = 0; i < 50; i++)
            fixture.Store.Refused(Refused(Request(0m).Facts));
        fixture.Store.Health.IsWritable.ShouldBeTrue();

        await SpendAsync(fixture);
        fixture.Ledger.IsDown = false;

        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Count(r => r.Kind == RowKind.Settled) == 1, "its row is in the ledger");
        fixture.Ledger.Rows.Count(r => r.Kind == RowKind.Refused).ShouldBe(10);
        fixture.Store.Health.LostRecords.ShouldBe(0);
    }

    [Fact]
    public async Task A_full_spool_under_fail_open_lets_calls_go_on_and_counts_the_rows_that_it_drops()
    {
        await using var fixture = await OpenAsync(_folder.FullName, s_small);
        fixture.Ledger.IsDown = true;
        const int Calls = 200;
        for (var i = 0; i < Calls; i++)
        {
            var call = await fixture.AdmitAsync(Request(Cost, s_budget) with { FailureMode = FailureMode.FailOpen });
            await fixture.Store.SettleAsync(call, Settlement(Cost));
            await fixture.Store.FlushAsync();
        }

        await RedisFixture.UntilAsync(() => fixture.Store.Health.LostRecords > 0, "drops are counted");
        fixture.Ledger.IsDown = false;

        // The counters have them all, and so has the ledger but for what was dropped, which Redis has kept here.
        await fixture.UntilAsync(s_budget, settled: Calls * Cost);
        await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Length == Calls, "what was dropped here is brought from Redis");
        fixture.Ledger.Rows.Select(r => r.CallId).Distinct().Count().ShouldBe(Calls);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_disk_that_takes_nothing_under_the_spool_is_no_failure_and_loses_nothing_while_memory_holds_it(bool readOnly)
    {
        var (disk, problem) = SmallDisk.Mount(256);
        Assert.SkipWhen(disk is null, problem);
        using (disk)
        {
            if (readOnly)
                disk!.MakeReadOnly();
            await using var fixture = await OpenAsync(disk!.Path, new());
            fixture.Ledger.IsDown = true;
            var calls = 0;
            for (; calls < 20; calls++)
                await SpendAsync(fixture);
            if (!readOnly)
            {
                await RedisFixture.UntilAsync(() => Files(disk).Any(f => f.Length > 0), "rows are on the volume");
                disk.Fill();
            }

            for (; calls < 300; calls++)
                await SpendAsync(fixture);
            fixture.Store.Health.ShouldBe(new StoreHealth(IsWritable: true, LostRecords: 0));

            fixture.Ledger.IsDown = false;
            await RedisFixture.UntilAsync(() => fixture.Ledger.Rows.Length == calls, "all rows are in the ledger");
            await fixture.UntilAsync(s_budget, settled: calls * Cost);
        }
    }

    private static async Task SpendAsync(RedisFixture fixture)
    {
        await fixture.Store.SettleAsync(await fixture.AdmitAsync(Request(Cost, s_budget)), Settlement(Cost));
    }

    private static FileInfo[] Files(SmallDisk disk) => new DirectoryInfo(disk.Path).GetFiles("*.jsonl");

    private async Task<RedisFixture> OpenAsync(string? directory, SpoolOptions options)
    {
        var fixture = new RedisFixture(_server) { IsAutomatic = true, SpoolDirectory = directory, SpoolOptions = options };
        fixture.Options = fixture.Options with
        {
            CheckInterval = TimeSpan.FromMilliseconds(50),
            SweepInterval = TimeSpan.FromSeconds(1),
            RowPatience = TimeSpan.FromSeconds(1),
        };
        await fixture.OpenAsync(s_budget);
        return fixture;
    }
}
