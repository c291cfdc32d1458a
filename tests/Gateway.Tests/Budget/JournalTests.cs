using System.Collections.Immutable;
using System.Text;
using Gateway.Server.Budget;
using Gateway.Server.Budget.Embedded.Journal;
using Gateway.Server.Config;
using Gateway.Server.Metering;
using Gateway.Tests.Budget.Contract;
using static Gateway.Tests.Budget.Contract.SpendSamples;
using static Gateway.Tests.Budget.StoreFixture;

namespace Gateway.Tests.Budget;

public sealed class JournalTests
{
    private static readonly BudgetModel s_budget = NewBudget(cost: 10m);

    [Fact]
    public async Task Open_AfterARestart_CountsOn()
    {
        await using var fixture = await OpenAsync(s_budget);
        await fixture.SpendAsync(0.25m, s_budget);
        await fixture.RestartAsync(s_budget);
        await fixture.SpendAsync(0.5m, s_budget);
        await fixture.RestartAsync(s_budget);
        fixture.Read(s_budget).Settled.ShouldBe(0.75m);
        fixture.Store.SpentBy(Key).ShouldBe(Money.FromDecimal(0.75m));
    }

    [Fact]
    public async Task Open_AfterACrash_ChargesLiveCallsOnceWithTheirPrompt()
    {
        await using var fixture = await OpenAsync(s_budget);
        await fixture.SpendAsync(0.25m, s_budget);
        await fixture.AdmitAsync(Request(2m, s_budget) with { CallId = "cut" });
        await fixture.CrashAsync(s_budget);
        await fixture.CrashAsync(s_budget);
        (fixture.Read(s_budget).Settled, fixture.Read(s_budget).Reserved).ShouldBe((0.75m, 0m));
        var row = fixture.Rows().Where(r => r.CallId == "cut").ShouldHaveSingleItem();
        (row.Kind, row.CostNanos, row.Tokens).ShouldBe((RowKind.Abandoned, 500_000_000, 20));
    }

    [Fact]
    public async Task Open_AfterACrash_ChargesWhatALongCallHadAccrued()
    {
        await using var fixture = await OpenAsync(s_budget);
        var call = await fixture.AdmitAsync(Request(2m, s_budget));
        fixture.Store.Accrue(call, Money.FromDecimal(1.5m), 80);
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        fixture.Store.Tick();
        fixture.Store.Accrue(call, Money.FromDecimal(1.75m), 90);
        await fixture.CrashAsync(s_budget);
        fixture.Read(s_budget).Settled.ShouldBe(1.5m);
    }

    [Fact]
    public async Task Open_JournalCutAtAnyByte_CountsWhatWasWrittenInFull()
    {
        await using var fixture = await OpenAsync(s_budget);
        await fixture.SpendAsync(0.25m, s_budget);
        var before = new FileInfo(fixture.Segments().Single()).Length;
        await fixture.SpendAsync(0.5m, s_budget);
        var bytes = await File.ReadAllBytesAsync(fixture.Segments().Single(), TestContext.Current.CancellationToken);
        var openEnd = before + bytes.AsSpan((int)before).IndexOf((byte)'\n') + 1;
        for (var length = before; length <= bytes.Length; length++)
        {
            var recovery = Recover(fixture, bytes[..(int)length]);
            var opened = length >= openEnd;
            var settled = length == bytes.Length;
            recovery.BadLines.ShouldBeEmpty();
            recovery.Book.Live.Count.ShouldBe(opened && !settled ? 1 : 0, $"cut at {length}");
            recovery.Book.Spent(Key).ShouldBe(settled ? 750_000_000 : 250_000_000, $"cut at {length}");
        }
    }

    [Fact]
    public async Task Open_LastLineWithoutItsEnd_IsFollowedByWholeLines()
    {
        await using var fixture = await OpenAsync(s_budget);
        await fixture.SpendAsync(0.25m, s_budget);
        foreach (var cut in new[] { 1, 2, 40 })
        {
            var copy = fixture.CopyFiles();
            var segment = Directory.GetFiles(copy).Single();
            using (var file = File.OpenWrite(segment))
                file.SetLength(file.Length - cut);
            await fixture.OpenAsync(copy, s_budget);
            await fixture.SpendAsync(1m, s_budget);
            var spent = fixture.Store.SpentBy(Key);
            await fixture.CrashAsync(s_budget);
            fixture.Store.SpentBy(Key).ShouldBe(spent);
            fixture.Segments().ShouldHaveSingleItem();
        }
    }

    [Fact]
    public async Task Open_GarbageAfterTheLastLine_IsCutOff()
    {
        await using var fixture = await OpenAsync(s_budget);
        await fixture.SpendAsync(0.25m, s_budget);
        var copy = fixture.CopyFiles();
        await File.AppendAllTextAsync(
            Directory.GetFiles(copy).Single(), new string('\0', 5000) + "\n{\"row\":1}\n\0\0", TestContext.Current.CancellationToken);
        await fixture.OpenAsync(copy, s_budget);
        await fixture.SpendAsync(0.25m, s_budget);
        await fixture.CrashAsync(s_budget);
        fixture.Read(s_budget).Settled.ShouldBe(0.5m);
    }

    [Fact]
    public async Task Open_RowInTheMiddleDamaged_IsReportedAndItsCallChargedItsPrompt()
    {
        await using var fixture = await OpenAsync(s_budget);
        await fixture.SpendAsync(1m, s_budget);
        await fixture.SpendAsync(1m, s_budget);
        var lines = Encoding.UTF8.GetString(
            await File.ReadAllBytesAsync(fixture.Segments().Single(), TestContext.Current.CancellationToken))
            .Split('\n');
        var row = Array.FindIndex(lines, line => line.StartsWith("{\"row\"", StringComparison.Ordinal));
        lines[row] = lines[row].Replace("1000000000", "1000000001", StringComparison.Ordinal);
        var recovery = Recover(fixture, Encoding.UTF8.GetBytes(string.Join('\n', lines)));
        recovery.BadLines.ShouldHaveSingleItem().Number.ShouldBe(row + 1);
        recovery.NeedsCheckpoint.ShouldBeTrue();
        recovery.Book.Live.ShouldHaveSingleItem().AbandonedCost.ShouldBe(250_000_000);
        recovery.Book.Spent(Key).ShouldBe(1_000_000_000);
    }

    [Fact]
    public async Task Open_OpenRecordInTheMiddleDamaged_ItsRowStillCounts()
    {
        await using var fixture = await OpenAsync(s_budget);
        await fixture.SpendAsync(1m, s_budget);
        var bytes = await File.ReadAllBytesAsync(fixture.Segments().Single(), TestContext.Current.CancellationToken);
        bytes[bytes.AsSpan().IndexOf("{\"open\""u8) + 12] ^= 1;
        var recovery = Recover(fixture, bytes);
        recovery.Book.Spent(Key).ShouldBe(1_000_000_000);
        recovery.Book.Budget(s_budget.Id)!.Counters.ShouldHaveSingleItem().Counter.Settled.ShouldBe(1_000_000_000);
    }

    [Fact]
    public async Task Open_DirectoryInUse_SaysSo()
    {
        await using var fixture = await OpenAsync();
        var directory = fixture.Directory;
        (await Should.ThrowAsync<IOException>(() => fixture.OpenAsync(directory))).Message.ShouldContain("another gateway process");
        await fixture.RestartAsync();
    }

    [Fact]
    public async Task Open_JournalOfANewerVersion_IsRefused()
    {
        await using var fixture = await OpenAsync();
        using var line = new JournalLine();
        var checkpoint = new Checkpoint
        {
            Version = Checkpoint.CurrentVersion + 1, Time = default, LastNumber = 0, Budgets = [], Keys = [], Live = [],
        };
        var bytes = line.Write(new() { Checkpoint = checkpoint }).ToArray();
        Should.Throw<InvalidDataException>(() => Recover(fixture, bytes));
    }

    [Fact]
    public async Task Tick_SegmentFull_GoesOnInANewOneThatTellsAll()
    {
        await using var fixture = await OpenAsync(s_budget);
        fixture.Options = fixture.Options with { SegmentBytes = 4000 };
        await fixture.RestartAsync(s_budget);
        var live = await fixture.AdmitAsync(Request(1m, s_budget));
        fixture.Store.Accrue(live, Money.FromDecimal(0.5m), 60);
        for (var i = 0; i < 20; i++)
        {
            await fixture.SpendAsync(0.01m, s_budget);
            fixture.Store.Tick();
        }

        fixture.Segments().Length.ShouldBeGreaterThan(3);
        var rows = fixture.Rows().ToList();
        foreach (var old in fixture.Segments()[..^1])
            File.Delete(old);
        await fixture.CrashAsync(s_budget);
        fixture.Read(s_budget).Settled.ShouldBe(0.2m + 0.5m);
        rows.Sum(r => r.CostNanos).ShouldBe(200_000_000);
    }

    [Fact]
    public async Task Open_CheckpointOfTheNewestSegmentTorn_ReadsTheOneBefore()
    {
        await using var fixture = await OpenAsync(s_budget);
        fixture.Options = fixture.Options with { SegmentBytes = 1 };
        await fixture.RestartAsync(s_budget);
        await fixture.SpendAsync(0.5m, s_budget);
        fixture.Store.Tick();
        fixture.Segments().Length.ShouldBe(2);
        var whole = fixture.CopyFiles();
        var newest = new FileInfo(fixture.Segments()[1]).Length;
        for (var length = 0; length < newest; length += 37)
        {
            var copy = fixture.CopyFiles(whole);
            using (var file = File.OpenWrite(Directory.GetFiles(copy).Max()!))
                file.SetLength(length);
            await fixture.OpenAsync(copy, s_budget);
            fixture.Read(s_budget).Settled.ShouldBe(0.5m, $"cut at {length}");
            await fixture.CrashAsync(s_budget);
            fixture.Read(s_budget).Settled.ShouldBe(0.5m, $"cut at {length}, again");
        }
    }

    [Fact]
    public async Task Tick_SegmentsPastTheirRetention_AreDeletedButTheNewest()
    {
        await using var fixture = await OpenAsync(s_budget);
        fixture.Options = fixture.Options with { SegmentBytes = 1 };
        await fixture.RestartAsync(s_budget);
        await fixture.SpendAsync(0.5m, s_budget);
        fixture.Store.Tick();
        foreach (var segment in fixture.Segments())
            File.SetLastWriteTimeUtc(segment, fixture.Time.Now.UtcDateTime.AddDays(-91));
        fixture.Time.Advance(TimeSpan.FromHours(1));
        fixture.Store.Tick();
        await fixture.CrashAsync(s_budget);
        fixture.Segments().Length.ShouldBe(1);
        fixture.Read(s_budget).Settled.ShouldBe(0.5m);
    }

    private static Recovery Recover(StoreFixture fixture, byte[] journal)
    {
        var directory = fixture.NewDirectory();
        Directory.CreateDirectory(directory);
        var segments = JournalSegments.In(directory);
        File.WriteAllBytes(segments.PathOf(1), journal);
        return Recovery.Read(segments);
    }
}
