using System.Globalization;
using Gateway.Server.Endpoints;
using Gateway.Server.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Gateway.Tests.Endpoints;

public sealed class SpendParametersTests
{
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
    [InlineData("/spend/logs?model=a&model=b", "model")]
    [InlineData("/spend/logs?key=ns/other&key=ns/key", "key")]
    public void BadParameter_IsNamed(string question, string parameter)
    {
        var parts = question.Split('?');
        var query = new QueryCollection(QueryHelpers.ParseQuery(parts[1]));
        var (_, error) = SpendParameters.Read(query, parts[0] == "/spend/report", owner: null, DateTimeOffset.UnixEpoch);
        (error!.Kind, error.Param).ShouldBe((ErrorKind.InvalidRequest, parameter));
    }

    [Fact]
    public void KeyOnTheDataPort_IsWhatTheCallerPresents_AndNoFilter()
    {
        var query = new QueryCollection(QueryHelpers.ParseQuery("key=team/other"));
        SpendParameters.Read(query, isReport: true, "team/own", DateTimeOffset.UnixEpoch).Parameters!.Filter.Key.ShouldBe("team/own");
    }

    [Theory]
    [InlineData("end_date=0001-01-01", "1969-12-02T00:00:00Z", "1970-01-01T00:00:00Z")]
    [InlineData("start_date=0001-01-01&end_date=9999-12-31", "1970-01-01T00:00:00Z", "9999-01-01T00:00:00Z")]
    [InlineData("start_date=2026-05-06T01:00:00-02:00&end_date=2026-05-06", "2026-05-06T03:00:00Z", "2026-05-07T00:00:00Z")]
    [InlineData("start_date=2026-05-06 10:00:00&end_date=2026-05-06T10:00:00.5Z", "2026-05-06T10:00:00Z", "2026-05-06T10:00:00.5Z")]
    public void Times_AreTakenAsUtc_HoweverFarAway(string times, string start, string end)
    {
        var query = new QueryCollection(QueryHelpers.ParseQuery(times));
        var filter = SpendParameters.Read(query, isReport: true, owner: null, DateTimeOffset.UnixEpoch).Parameters!.Filter;
        (filter.Start, filter.End).ShouldBe((Instant(start), Instant(end)));

        static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
    }
}
