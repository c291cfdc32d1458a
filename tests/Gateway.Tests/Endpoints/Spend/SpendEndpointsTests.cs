using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Server.Endpoints;
using Gateway.Server.Errors;
using Gateway.Tests.Budget;
using Gateway.Tests.Budget.Contract;
using Microsoft.AspNetCore.Http;
using Support;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Gateway.Tests.Endpoints.Spend;

/// <summary>
/// What is answered about <see cref="SampleLedger"/>. In a case's file the first line is the question, with <c>as KEY</c> where it is asked
/// for one's own, and the rest the answer.
/// </summary>
public sealed class SpendEndpointsTests
{
    private static readonly string s_cases = Path.Combine(GoldenFile.RepositoryRoot, "tests/Gateway.Tests/Endpoints/Spend/cases");
    private static readonly JsonSerializerOptions s_indented =
        new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string> Cases() =>
        [.. Directory.GetFiles(s_cases, "*.txt").Select(path => Path.GetFileNameWithoutExtension(path)!).Order()];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Answer_IsAsExpected(string name)
    {
        await using var fixture = await SampleLedger.CreateAsync();
        var path = Path.Combine(s_cases, name + ".txt");
        var question = File.ReadLines(path).First();
        var answer = await AskAsync(fixture, question);
        GoldenFile.Difference(path, $"{question}\n{answer}\n").ShouldBeNull();
    }

    [Theory]
    [InlineData("/spend/report?strat_date=2026-05-04", "strat_date")]
    [InlineData("/spend/report?start_date=5/4/2026", "start_date")]
    [InlineData("/spend/report?start_date=2026-05-05&end_date=2026-05-04", "start_date")]
    [InlineData("/spend/report?group_by=", "group_by")]
    [InlineData("/spend/report?group_by=day,day", "group_by")]
    [InlineData("/spend/report?group_by=colour", "group_by")]
    [InlineData("/spend/report?format=xml", "format")]
    [InlineData("/spend/report?limit=5", "limit")]
    [InlineData("/spend/logs?limit=0", "limit")]
    [InlineData("/spend/logs?limit=1001", "limit")]
    [InlineData("/spend/logs?status=lost", "status")]
    [InlineData("/spend/logs?group_by=day", "group_by")]
    [InlineData("/spend/logs?cursor=../../etc", "cursor")]
    [InlineData("/spend/logs?model=a&model=b", "model")]
    [InlineData("/spend/logs?key=ns/other&key=ns/key", "key")]
    public async Task BadParameter_IsNamed(string question, string parameter)
    {
        await using var fixture = await SampleLedger.CreateAsync();
        var (_, error) = await AnswerAsync(fixture, question);
        (error!.Kind, error.Param).ShouldBe((ErrorKind.InvalidRequest, parameter));
    }

    [Fact]
    public async Task Logs_PageByPage_AreAllOfThemOnceAndTheLastFirst()
    {
        await using var fixture = await SampleLedger.CreateAsync();
        var expected = fixture.Rows().Select(r => $"{r.CallId} {r.Kind.ToString().ToLowerInvariant()}").Reverse().ToList();
        foreach (var limit in new[] { 1, 2, 3, 1000 })
        {
            var found = new List<string>();
            string? cursor = null;
            do
            {
                var (body, _) = await AnswerAsync(
                    fixture, $"/spend/logs?start_date=2026-05-01&limit={limit}{(cursor is null ? "" : "&cursor=" + cursor)}");
                var page = JsonNode.Parse(body)!;
                found.AddRange(page["data"]!.AsArray().Select(r => $"{r!["request_id"]} {r["kind"]}"));
                cursor = (string?)page["next_cursor"];
            }
            while (cursor is not null);
            found.ShouldBe(expected);
        }
    }

    [Fact]
    public async Task Report_WithoutTimes_IsOfTheThirtyDaysToTheEndOfToday()
    {
        await using var fixture = await SampleLedger.CreateAsync();
        fixture.Time.Now = new(2026, 6, 10, 12, 0, 0, TimeSpan.Zero);
        var (body, _) = await AnswerAsync(fixture, "/spend/report");
        var report = JsonNode.Parse(body)!;
        ((string?)report["start_date"], (string?)report["end_date"]).ShouldBe(("2026-05-12T00:00:00Z", "2026-06-11T00:00:00Z"));
        ((decimal?)report["total"]!["spend"]).ShouldBe(0.500000001m);
    }

    [Fact]
    public async Task Report_OfSeveralCurrencies_AddsNothingUpThatCannotBe()
    {
        await using var fixture = await StoreFixture.OpenAsync();
        foreach (var currency in new[] { "USD", "EUR" })
        {
            var call = await fixture.ReserveAsync(Request(1m));
            await fixture.Store.SettleAsync(call.Reservation!, Settlement(1m) with { Currency = currency });
        }

        var (body, _) = await AnswerAsync(fixture, "/spend/report?group_by=key&format=csv");
        body.Split("\r\n")[1].ShouldBe("team/key,,,2,0,0,100,0,0,100");
    }

    private static async Task<string> AskAsync(StoreFixture fixture, string question)
    {
        var (body, error) = await AnswerAsync(fixture, question);
        if (error is not null)
            return $"{error.Kind}: {error.Message}";
        return body.StartsWith('{') ? JsonNode.Parse(body)!.ToJsonString(s_indented) : body.TrimEnd().Replace("\r\n", "\n", StringComparison.Ordinal);
    }

    private static async Task<(string Body, GatewayError? Error)> AnswerAsync(StoreFixture fixture, string question)
    {
        var parts = question.Split(" as ");
        var target = parts[0].Split('?');
        using var body = new MemoryStream();
        var context = new DefaultHttpContext();
        context.Request.Method = "GET";
        context.Request.QueryString = target.Length > 1 ? new("?" + target[1]) : default;
        context.Response.Body = body;
        var endpoints = new SpendEndpoints(fixture.Store.Reports, fixture.Time);
        var error = await endpoints.AnswerAsync(context, target[0] == "/spend/report", parts.ElementAtOrDefault(1));
        return (Encoding.UTF8.GetString(body.ToArray()), error);
    }
}
