using Gateway.Server.Budget.Embedded;
using Gateway.Server.Budget.Embedded.Journal;
using Gateway.Server.Endpoints;
using Gateway.Server.Errors;
using Gateway.Tests.Budget;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Endpoints;

public sealed class SpendEndpointsTests
{
    [Fact]
    public async Task A_key_has_one_report_made_at_a_time_and_leaves_room_for_those_of_the_admin_port()
    {
        await using var fixture = await StoreFixture.OpenAsync();
        using var time = new HeldTime();
        await using var reports = new JournalReports(JournalSegments.In(fixture.Directory), new() { ReportWait = TimeSpan.Zero }, time);
        using var endpoints = new SpendEndpoints(reports, TimeProvider.System);

        var first = AnswerAsync(endpoints, "default/app");
        (await AnswerAsync(endpoints, "default/app"))!.Kind.ShouldBe(ErrorKind.ReportUnavailable);
        var another = AnswerAsync(endpoints, "default/other");
        var all = AnswerAsync(endpoints, owner: null);

        time.Go();
        (await all).ShouldBeNull();
        (await first).ShouldBeNull();
        (await another).ShouldBeNull();
        (await AnswerAsync(endpoints, "default/app")).ShouldBeNull();
    }

    private static Task<GatewayError?> AnswerAsync(SpendEndpoints endpoints, string? owner) =>
        endpoints.AnswerAsync(
            new DefaultHttpContext { RequestAborted = TestContext.Current.CancellationToken }, isReport: true, owner);
}
