using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Server.Budget;
using Gateway.Server.Endpoints;
using Gateway.Server.Errors;
using Microsoft.AspNetCore.Http;
using Support;

namespace Gateway.Tests.Budget.Contract;

/// <summary>
/// What is answered about <see cref="SampleLedger"/>, wherever a tier keeps it. In a case's file the first line is the question, with
/// <c>as KEY</c> where it is asked for one's own, and the rest the answer.
/// </summary>
public abstract class SpendReportsContract
{
    private static readonly string s_cases = Path.Combine(GoldenFile.RepositoryRoot, "tests/Gateway.Tests/Budget/Contract/cases");
    private static readonly JsonSerializerOptions s_indented =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ManualTimeProvider _time = new(new(2026, 5, 12, 12, 0, 0, TimeSpan.Zero));

    public static TheoryData<string> Cases() =>
        [.. Directory.GetFiles(s_cases, "*.txt").Select(path => Path.GetFileNameWithoutExtension(path)!).Order()];

    /// <summary>Over a ledger that holds these rows.</summary>
    private protected abstract Task<ISpendReports> OpenAsync(IReadOnlyList<LedgerRow> rows);

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task An_answer_is_as_expected(string name)
    {
        var reports = await OpenAsync(SampleLedger.Rows);
        var path = Path.Combine(s_cases, name + ".txt");
        var question = File.ReadLines(path).First();
        var (body, error) = await AnswerAsync(reports, question);
        error.ShouldBeNull();
        GoldenFile.Difference(path, $"{question}\n{Readable(body)}\n").ShouldBeNull();
    }

    [Fact]
    public async Task Pages_hold_every_row_once_and_the_last_first()
    {
        var reports = await OpenAsync(SampleLedger.Rows);
        var expected = SampleLedger.Rows.Select(r => $"{r.CallId} {r.Kind.ToString().ToLowerInvariant()}").Reverse().ToList();
        foreach (var limit in new[] { 1, 2, 3, 7, 1000 })
        {
            var found = new List<string>();
            string? cursor = null;
            do
            {
                var next = cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor);
                var (body, _) = await AnswerAsync(reports, $"/spend/logs?limit={limit}{next}");
                var page = JsonNode.Parse(body)!;
                found.AddRange(page["data"]!.AsArray().Select(r => $"{r!["request_id"]} {r["kind"]}"));
                cursor = (string?)page["next_cursor"];
            }
            while (cursor is not null);
            found.ShouldBe(expected);
        }
    }

    [Fact]
    public async Task A_cursor_that_no_page_has_given_is_refused()
    {
        var (_, error) = await AnswerAsync(await OpenAsync(SampleLedger.Rows), "/spend/logs?cursor=../../etc");
        (error!.Kind, error.Param).ShouldBe((ErrorKind.InvalidRequest, "cursor"));
    }

    [Fact]
    public async Task Without_times_a_report_is_of_the_thirty_days_to_the_end_of_today()
    {
        _time.Now = new(2026, 6, 10, 12, 0, 0, TimeSpan.Zero);
        var (body, _) = await AnswerAsync(await OpenAsync(SampleLedger.Rows), "/spend/report");
        var report = JsonNode.Parse(body)!;
        ((string?)report["start_date"], (string?)report["end_date"]).ShouldBe(("2026-05-12T00:00:00Z", "2026-06-11T00:00:00Z"));
        ((decimal?)report["total"]!["spend"]).ShouldBe(0.500000001m);
    }

    [Fact]
    public async Task Costs_in_several_currencies_are_not_added_up()
    {
        var reports = await OpenAsync(SampleLedger.TwoCurrencies);
        var (body, _) = await AnswerAsync(reports, "/spend/report?group_by=key&format=csv");
        body.Split("\r\n")[1].ShouldBe("team/key,,,2,0,0,80,20,40,120");
        (body, _) = await AnswerAsync(reports, "/spend/report?group_by=day&format=csv");
        body.Split("\r\n")[1].ShouldBe("2026-05-11,1,USD,1,0,0,40,10,20,60");
    }

    private static string Readable(string body) => body.StartsWith('{')
        ? JsonNode.Parse(body)!.ToJsonString(s_indented)
        : body.TrimEnd().Replace("\r\n", "\n", StringComparison.Ordinal);

    private async Task<(string Body, GatewayError? Error)> AnswerAsync(ISpendReports reports, string question)
    {
        var parts = question.Split(" as ");
        var target = parts[0].Split('?');
        using var body = new MemoryStream();
        var context = new DefaultHttpContext();
        context.Request.Method = "GET";
        context.Request.QueryString = target.Length > 1 ? new("?" + target[1]) : default;
        context.Response.Body = body;
        var error = await new SpendEndpoints(reports, _time)
            .AnswerAsync(context, target[0] == "/spend/report", parts.ElementAtOrDefault(1));
        return (Encoding.UTF8.GetString(body.ToArray()), error);
    }
}
