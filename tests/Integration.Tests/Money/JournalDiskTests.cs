using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Budget.Embedded;
using Gateway.Server.Config;
using Microsoft.Extensions.Logging.Abstractions;
using Support;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Integration.Tests.Money;

/// <summary>The embedded tier on a real disk that takes nothing any more.</summary>
public sealed class JournalDiskTests
{
    private static readonly BudgetModel s_budget = NewBudget(cost: 10m);
    private static readonly BudgetModel s_warned = NewBudget("warned", cost: 10m, action: BudgetAction.Warn);

    [Fact]
    public async Task While_the_disk_is_full_calls_follow_the_failure_mode_and_all_is_written_once_there_is_room()
    {
        var (disk, problem) = SmallDisk.Mount(256);
        Assert.SkipWhen(disk is null, problem);
        using (disk)
        {
            var directory = Path.Combine(disk!.Path, "journal");
            await using (var store = await OpenAsync(directory))
            {
                await SpendAsync(store, 1m, FailureMode.FailClosed);
                disk.Fill();
                var refused = 0;
                for (var i = 0; i < 40 && refused == 0; i++)
                    refused += await SpendAsync(store, 0m, FailureMode.FailClosed) is ReserveRefusal.StoreUnavailable ? 1 : 0;
                refused.ShouldBe(1, "there is room in the last block at first, and none then");
                (await SpendAsync(store, 0.5m, FailureMode.FailOpen)).ShouldBeNull();
                (await SpendAsync(store, 0.25m, FailureMode.FailClosed, s_warned)).ShouldBeNull();
                store.Health.IsWritable.ShouldBeFalse();
                disk.Free();
                store.Tick();
                store.Health.IsWritable.ShouldBeTrue();
                (await SpendAsync(store, 2m, FailureMode.FailClosed)).ShouldBeNull();
            }

            await using var again = await OpenAsync(directory);
            again.Read([s_budget, s_warned]).Select(c => c.Settled).ShouldBe([3.5m, 0.25m]);
            again.Health.ShouldBe(new StoreHealth(IsWritable: true, LostRecords: 0));
        }
    }

    [Fact]
    public async Task A_start_on_a_full_disk_fails_closed_and_counts_from_the_journal_that_is_there()
    {
        var (disk, problem) = SmallDisk.Mount(256);
        Assert.SkipWhen(disk is null, problem);
        using (disk)
        {
            var directory = Path.Combine(disk!.Path, "journal");
            await using (var store = await OpenAsync(directory))
                await SpendAsync(store, 1m, FailureMode.FailClosed);
            disk.Fill();
            await using var again = await OpenAsync(directory);
            again.Read([s_budget]).Single().Settled.ShouldBe(1m);
            var outcomes = new List<ReserveRefusal?>();
            for (var i = 0; i < 40; i++)
                outcomes.Add(await SpendAsync(again, 0m, FailureMode.FailClosed));
            outcomes[^1].ShouldBeOfType<ReserveRefusal.StoreUnavailable>();
            disk.Free();
            again.Tick();
            (await SpendAsync(again, 1m, FailureMode.FailClosed)).ShouldBeNull();
        }
    }

    /// <summary>Null: it was served.</summary>
    private static async Task<ReserveRefusal?> SpendAsync(EmbeddedSpendStore store, decimal cost, FailureMode mode, BudgetModel? budget = null)
    {
        var (call, refusal) = await store.ReserveAsync(
            Request(cost, budget ?? s_budget) with { FailureMode = mode }, TestContext.Current.CancellationToken);
        if (call is not null)
            await store.SettleAsync(call, Settlement(cost));
        return refusal;
    }

    private static Task<EmbeddedSpendStore> OpenAsync(string directory) => EmbeddedSpendStore.OpenAsync(
        directory, new(), TimeProvider.System, NullLogger<EmbeddedSpendStore>.Instance, [s_budget, s_warned]);
}
