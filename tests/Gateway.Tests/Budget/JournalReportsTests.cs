using Gateway.Server.Budget;
using Gateway.Server.Budget.Embedded;
using Gateway.Server.Budget.Embedded.Journal;
using Gateway.Tests.Budget.Contract;
using static Gateway.Tests.Budget.Contract.SpendSamples;
using static Gateway.Tests.Budget.StoreFixture;

namespace Gateway.Tests.Budget;

public sealed class JournalReportsTests
{
    private static readonly SpendFilter s_all = new() { Start = DateTimeOffset.UnixEpoch, End = DateTimeOffset.MaxValue };

    [Fact]
    public async Task Sum_AfterARestartAndOverManySegments_IsWhatTheKeysHaveSpent()
    {
        await using var fixture = await OpenAsync(new EmbeddedSpendOptions { SegmentBytes = 2_000 });
        for (var i = 0; i < 50; i++)
        {
            await fixture.SpendAsync(0.01m);
            fixture.Store.Tick();
        }

        await fixture.CrashAsync();
        fixture.Segments().Length.ShouldBeGreaterThan(5);
        var total = (await SumAsync(fixture)).Value!.Total;
        (total.Cost, total.Requests).ShouldBe((fixture.Store.SpentBy(Key), 50));
    }

    [Fact]
    public async Task Sum_ADamagedLineAndASegmentThatIsGone_LeaveTheRest()
    {
        await using var fixture = await OpenAsync(new EmbeddedSpendOptions { SegmentBytes = 1 });
        for (var i = 0; i < 4; i++)
        {
            await fixture.SpendAsync(1m);
            fixture.Store.Tick();
        }

        File.Delete(fixture.Segments()[0]);
        var text = await File.ReadAllTextAsync(fixture.Segments()[1], TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            fixture.Segments()[1],
            text.Replace("\"costNanos\":1000000000", "\"costNanos\":9000000000", StringComparison.Ordinal),
            TestContext.Current.CancellationToken);
        (await SumAsync(fixture)).Value!.Total.Cost.ToDecimal().ShouldBe(2m);
    }

    [Fact]
    public async Task Sum_OfALastMomentBeforeMidnight_IsFoundInTheSegmentThatItsCallEndedIn()
    {
        await using var fixture = await OpenAsync(new EmbeddedSpendOptions { SegmentBytes = 1 });
        fixture.Time.Now = new(2026, 5, 6, 23, 59, 59, TimeSpan.Zero);
        var late = await fixture.AdmitAsync(Request(1m));
        for (var hour = 0; hour < 3; hour++)
        {
            fixture.Time.Advance(TimeSpan.FromHours(1));
            await fixture.SpendAsync(0.1m);
            fixture.Store.Tick();
        }

        await fixture.Store.SettleAsync(late, Settlement(1m));
        var day = s_all with { Start = new(2026, 5, 6, 0, 0, 0, TimeSpan.Zero), End = new(2026, 5, 7, 0, 0, 0, TimeSpan.Zero) };
        var report = await fixture.Store.Reports.SumAsync(new() { Filter = day }, TestContext.Current.CancellationToken);
        report.Value!.Total.Cost.ToDecimal().ShouldBe(1m);
    }

    [Fact]
    public async Task Sum_MoreGroupsThanALotOfLines_IsRefused()
    {
        await using var fixture = await OpenAsync();
        for (var i = 0; i <= SpendReportQuery.MostGroups; i++)
        {
            var call = await fixture.AdmitAsync(Request(0m) with { Facts = Request(0m).Facts with { EndUser = $"user-{i}" } });
            await fixture.Store.SettleAsync(call, Settlement(0m));
        }

        (await SumAsync(fixture, new SpendDimension(DimensionKind.EndUser))).Failure.ShouldBe(ReportFailure.TooManyGroups);
        (await SumAsync(fixture, new SpendDimension(DimensionKind.Model))).Value!.Groups.Length.ShouldBe(1);
    }

    [Fact]
    public async Task Sum_MoreThanThereIsTimeFor_IsRefused_AndAPageEndsEarlyAndGoesOn()
    {
        await using var fixture = await OpenAsync(new EmbeddedSpendOptions { ReportTime = TimeSpan.Zero });
        for (var i = 0; i < 3_000; i++)
            await fixture.SpendAsync(0m);
        (await SumAsync(fixture)).Failure.ShouldBe(ReportFailure.TooLong);
        var page = (await fixture.Store.Reports.ListAsync(new() { Filter = s_all }, TestContext.Current.CancellationToken)).Value!;
        (page.Rows.Length, page.Cursor).ShouldBe((0, "2.0"));
    }

    [Fact]
    public async Task Sum_WhileTwoOthersAreMade_WaitsForALittleAndIsThenToldSo()
    {
        await using var fixture = await OpenAsync();
        using var time = new HeldTime();
        await using var reports = new JournalReports(JournalSegments.In(fixture.Directory), new() { ReportWait = TimeSpan.Zero }, time);
        var (first, second) = (SumAsync(reports), SumAsync(reports));
        (await SumAsync(reports)).Failure.ShouldBe(ReportFailure.Busy);
        time.Go();
        (await first).Value.ShouldNotBeNull();
        (await second).Value.ShouldNotBeNull();
        (await SumAsync(reports)).Value.ShouldNotBeNull();
    }

    [Fact]
    public async Task Sum_OfSomebodyWhoHasLeft_EndsAndLetsTheNextOneIn()
    {
        await using var fixture = await OpenAsync();
        await using var reports = new JournalReports(JournalSegments.In(fixture.Directory), new(), fixture.Time);
        for (var i = 0; i < 3_000; i++)
            await fixture.SpendAsync(0m);
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(async () => await reports.SumAsync(new() { Filter = s_all }, gone.Token));
        (await SumAsync(reports)).Value!.Total.Requests.ShouldBe(3_000);
    }

    private static Task<ReportOutcome<SpendReport>> SumAsync(StoreFixture fixture, params SpendDimension[] groupBy) =>
        SumAsync(fixture.Store.Reports, groupBy);

    private static Task<ReportOutcome<SpendReport>> SumAsync(ISpendReports reports, params SpendDimension[] groupBy) =>
        reports.SumAsync(new() { Filter = s_all, GroupBy = [.. groupBy] }, TestContext.Current.CancellationToken).AsTask();
}
