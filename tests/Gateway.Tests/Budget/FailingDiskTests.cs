using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Budget.Embedded;
using Gateway.Server.Config;
using Microsoft.Win32.SafeHandles;
using Gateway.Tests.Budget.Contract;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Gateway.Tests.Budget;

public sealed class FailingDiskTests
{
    private static readonly BudgetModel s_budget = NewBudget(cost: 10m);
    private static readonly BudgetModel s_warning = NewBudget("warning", cost: 10m, action: BudgetAction.Warn);

    [Fact]
    public async Task Reserve_DiskFull_FailsClosedUnderBudgetsAndLimitsOnly()
    {
        var disk = new Disk();
        await using var fixture = await OpenAsync(disk);
        disk.Free = 100;
        await fixture.RefuseAsync<ReserveRefusal.StoreUnavailable>(Request(1m, s_budget));
        await fixture.RefuseAsync<ReserveRefusal.StoreUnavailable>(Request(1m) with { Limits = new() { MaxParallelRequests = 5 } });
        fixture.Read(s_budget).Reserved.ShouldBe(0m);
        await fixture.SpendAsync(1m, s_warning);
        await fixture.SpendAsync(2m);
        fixture.Read(s_warning).Settled.ShouldBe(1m);
    }

    [Fact]
    public async Task Reserve_DiskFullAndFailOpen_IsServedAndCounted()
    {
        var disk = new Disk();
        await using var fixture = await OpenAsync(disk);
        disk.Free = 0;
        var request = Request(1m, s_budget) with { FailureMode = FailureMode.FailOpen };
        await fixture.Store.SettleAsync(await fixture.AdmitAsync(request), Settlement(0.75m));
        fixture.Read(s_budget).Settled.ShouldBe(0.75m);
    }

    [Fact]
    public async Task Settle_DiskFull_IsWrittenWhenThereIsRoomAgain()
    {
        var disk = new Disk();
        await using var fixture = await OpenAsync(disk);
        var call = await fixture.AdmitAsync(Request(1m, s_budget));
        disk.Free = 70;
        await fixture.Store.SettleAsync(call, Settlement(0.75m));
        await fixture.RefuseAsync<ReserveRefusal.StoreUnavailable>(Request(1m, s_budget));
        fixture.Store.Tick();
        fixture.Store.JournalFailure.ShouldNotBeNull();
        disk.Free = long.MaxValue;
        fixture.Store.Tick();
        fixture.Store.JournalFailure.ShouldBeNull();
        await fixture.SpendAsync(1m, s_budget);
        await fixture.CrashAsync(s_budget, s_warning);
        fixture.Read(s_budget).Settled.ShouldBe(1.75m);
        fixture.Rows().Count().ShouldBe(2);
    }

    [Fact]
    public async Task Settle_DiskFullForTooLong_LosesLinesButNoSpend()
    {
        var disk = new Disk();
        await using var fixture = await OpenAsync(disk, new() { MaxPendingBytes = 3000 });
        disk.Free = 0;
        for (var i = 0; i < 20; i++)
            await fixture.SpendAsync(0.1m, s_warning);
        fixture.Store.LostLines.ShouldBeGreaterThan(0);
        disk.Free = long.MaxValue;
        fixture.Store.Tick();
        await fixture.CrashAsync(s_budget, s_warning);
        fixture.Read(s_warning).Settled.ShouldBe(2m);
    }

    [Fact]
    public async Task Open_DiskFull_StartsAndFailsClosed()
    {
        var disk = new Disk { Free = 0 };
        await using var fixture = await OpenAsync(disk);
        await fixture.RefuseAsync<ReserveRefusal.StoreUnavailable>(Request(1m, s_budget));
        disk.Free = long.MaxValue;
        fixture.Store.Tick();
        await fixture.SpendAsync(1m, s_budget);
        await fixture.CrashAsync(s_budget);
        fixture.Read(s_budget).Settled.ShouldBe(1m);
    }

    [Fact]
    public async Task Tick_NoRoomForAnotherSegment_GoesOnInTheOldOne()
    {
        var disk = new Disk();
        await using var fixture = await OpenAsync(disk, new() { SegmentBytes = 1 });
        await fixture.SpendAsync(1m, s_budget);
        disk.Free = 50;
        fixture.Store.Tick();
        disk.Free = long.MaxValue;
        fixture.Segments().Length.ShouldBe(1);
        await fixture.SpendAsync(1m, s_budget);
        await fixture.CrashAsync(s_budget);
        fixture.Read(s_budget).Settled.ShouldBe(2m);
    }

    [Fact]
    public async Task Apply_DiskFull_TheChangeWaitsForTheLedger()
    {
        var disk = new Disk();
        await using var fixture = await OpenAsync(disk);
        var call = await fixture.AdmitAsync(Request(1m, s_budget));
        disk.Free = 0;
        await fixture.Store.SettleAsync(call, Settlement(0.75m));
        var month = NewBudget(cost: 10m, period: BudgetPeriod.Monthly);
        fixture.Store.Apply([month]);
        disk.Free = long.MaxValue;
        fixture.Store.Tick();
        fixture.Store.Tick();
        fixture.Read(month).Settled.ShouldBe(0.75m);
    }

    private static async Task<StoreFixture> OpenAsync(Disk disk, EmbeddedSpendOptions? options = null)
    {
        var fixture = new StoreFixture { Options = (options ?? new()) with { Write = disk.Write } };
        await fixture.OpenAsync(fixture.NewDirectory(), s_budget, s_warning);
        return fixture;
    }

    /// <summary>A disk with so much room, that writes what it can of a block, as a real one does.</summary>
    private sealed class Disk
    {
        public long Free { get; set; } = long.MaxValue;

        public void Write(SafeFileHandle segment, ReadOnlySpan<byte> bytes, long offset)
        {
            var written = (int)Math.Min(bytes.Length, Free);
            RandomAccess.Write(segment, bytes[..written], offset);
            Free -= written;
            if (written < bytes.Length)
                throw new IOException("No space left on device");
        }
    }
}
