using System.Text;
using System.Text.Json.Nodes;
using Operator.Spend;

namespace Operator.Tests.Spend;

public sealed class SpendTextTests
{
    private const string ByKeyAndTag =
        """
        {"start_date":"2026-05-01T00:00:00Z","end_date":"2026-05-14T00:00:00Z","results":[
        {"key":"team-a/demo","tag":"=1+1","spend":12.345678901,"currency":"USD","requests":120,"failed_requests":2,"refused_requests":3,
         "prompt_tokens":1000,"cached_tokens":400,"completion_tokens":50,"total_tokens":1050},
        {"key":"team-a/demo","tag":"a\u001b[2Jb","spend":null,"currency":null,"requests":2,"failed_requests":0,"refused_requests":0,
         "prompt_tokens":0,"cached_tokens":0,"completion_tokens":0,"total_tokens":0},
        {"key":"team-a/demo","tag":null,"spend":0.000000,"currency":null,"requests":1,"failed_requests":0,"refused_requests":1,
         "prompt_tokens":0,"cached_tokens":0,"completion_tokens":0,"total_tokens":0}],
        "total":{"spend":12.345678901,"currency":"USD","requests":121,"failed_requests":2,"refused_requests":4,
         "prompt_tokens":1000,"cached_tokens":400,"completion_tokens":50,"total_tokens":1050}}
        """;

    private const string Dear =
        """
        {"start_date":"2026-05-01T00:00:00Z","end_date":"2026-05-14T00:00:00Z","results":[
        {"key":"b/x","tag":"t","spend":0.000000001,"currency":"USD","requests":1,"failed_requests":0,"refused_requests":0,
         "prompt_tokens":1,"cached_tokens":0,"completion_tokens":1,"total_tokens":2}],
        "total":{"spend":0.000000001,"currency":"USD","requests":1,"failed_requests":0,"refused_requests":0,
         "prompt_tokens":1,"cached_tokens":0,"completion_tokens":1,"total_tokens":2}}
        """;

    private static readonly string s_euros = Dear.Replace("USD", "EUR", StringComparison.Ordinal);

    [Fact]
    public void A_table_ends_with_the_total_of_the_calls_and_no_value_can_move_the_cursor() => Of(SpendFormat.Table, Report("a/main", ByKeyAndTag)).ShouldBe(
        """
        KEY           TAG      REQUESTS   FAILED   REFUSED   PROMPT   CACHED   COMPLETION   TOKENS   SPEND
        team-a/demo   =1+1     120        2        3         1000     400      50           1050     12.345678901 USD
        team-a/demo   a?[2Jb   2          0        0         0        0        0            0        several currencies
        team-a/demo   -        1          0        1         0        0        0            0        0
        TOTAL                  121        2        4         1000     400      50           1050     12.345678901 USD

        """);

    [Fact]
    public void Several_gateways_are_told_apart_and_added_up_to_the_last_digit() =>
        Of(SpendFormat.Table, Report("a/main", Dear), Report("b/main", Dear)).ShouldBe(
            """
            GATEWAY   KEY   TAG   REQUESTS   FAILED   REFUSED   PROMPT   CACHED   COMPLETION   TOKENS   SPEND
            a/main    b/x   t     1          0        0         1        0        1            2        0.000000001 USD
            b/main    b/x   t     1          0        0         1        0        1            2        0.000000001 USD
            TOTAL                 2          0        0         2        0        2            4        0.000000002 USD

            """);

    [Fact]
    public void What_is_paid_in_several_currencies_has_no_sum() =>
        ((JsonObject)JsonNode.Parse(Of(SpendFormat.Json, Report("a/main", Dear), Report("b/main", s_euros)))!["total"]!)
            .ShouldSatisfyAllConditions(
                t => t["spend"].ShouldBeNull(), t => t["currency"].ShouldBeNull(), t => ((long)t["requests"]!).ShouldBe(2));

    [Fact]
    public void In_json_and_csv_each_line_names_its_gateway_and_csv_has_no_formula()
    {
        var json = JsonNode.Parse(Of(SpendFormat.Json, Report("a/main", ByKeyAndTag)))!;
        ((string?)json["results"]![0]!["gateway"]).ShouldBe("a/main");
        json["results"]![0]!["spend"]!.ToJsonString().ShouldBe("12.345678901");
        ((string?)json["results"]![1]!["tag"]).ShouldBe("a\u001b[2Jb");

        Of(SpendFormat.Csv, Report("a/main", ByKeyAndTag)).Split("\r\n")[..2].ShouldBe(
        [
            "gateway,key,tag,spend,currency,requests,failed_requests,refused_requests,prompt_tokens,cached_tokens,completion_tokens,total_tokens",
            "a/main,team-a/demo,'=1+1,12.345678901,USD,120,2,3,1000,400,50,1050",
        ]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"results":[],"total":{}}""")]
    [InlineData("""{"start_date":"a","end_date":"b","results":{},"total":{}}""")]
    [InlineData("""{"start_date":"a","end_date":"b","results":[],"total":{"requests":"x"}}""")]
    [InlineData("""{"start_date":"a","end_date":"b","results":[null],"total":{"requests":1}}""")]
    [InlineData("""{"start_date":"a","end_date":"b","results":[],"total":{"spend":1e99}}""")]
    public void What_is_no_report_is_none(string json) =>
        SpendReport.Parse(new("a", "main"), "key", Encoding.UTF8.GetBytes(json)).ShouldBeNull();

    private static string Of(SpendFormat format, params SpendReport[] reports) => SpendText.Of(format, reports);

    private static SpendReport Report(string gateway, string json) =>
        SpendReport.Parse(new(gateway.Split('/')[0], gateway.Split('/')[1]), "key,tag", Encoding.UTF8.GetBytes(json))!;
}
