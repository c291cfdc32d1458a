using Operator.Kubernetes;
using Operator.Spend;

namespace Operator.Tests.Spend;

public sealed class SpendQueryTests
{
    private static readonly ObjectKey s_gateway = new("team-a", "main");
    private static readonly DateTimeOffset s_now = new(2026, 5, 13, 14, 35, 17, TimeSpan.Zero);

    [Fact]
    public void Without_a_time_it_is_this_month_by_key() => Of(new()).ShouldBe("?start_date=2026-05-01&group_by=key");

    [Theory]
    [InlineData("7d", "2026-05-06T14:00:00Z")]
    [InlineData("1h", "2026-05-13T13:00:00Z")]
    [InlineData("4w", "2026-04-15T14:00:00Z")]
    [InlineData("90m", "2026-05-13T13:00:00Z")]
    [InlineData("10m", "2026-05-13T14:25:17Z")]
    public void A_length_of_time_ends_now_and_begins_with_a_whole_hour_unless_it_is_shorter(string since, string start) =>
        Of(new() { Since = SpendQuery.Duration(since), GroupBy = "" }).ShouldBe($"?start_date={Uri.EscapeDataString(start)}");

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("d")]
    [InlineData("0d")]
    [InlineData("-1d")]
    [InlineData("1.5h")]
    [InlineData("7y")]
    [InlineData("100000d")]
    public void What_is_no_length_of_time_is_none(string text) => SpendQuery.Duration(text).ShouldBeNull();

    [Fact]
    public void An_end_alone_leaves_the_start_to_the_gateway() =>
        Of(new() { EndDate = "2026-04-30" }).ShouldBe("?end_date=2026-04-30&group_by=key");

    [Fact]
    public void A_key_without_a_namespace_is_one_of_the_gateways_own_and_text_stays_what_it_is() =>
        Of(new() { Since = null, StartDate = "2026-05-01", Filters = [("key", "demo"), ("route", "b/chat"), ("attribution.a&b", "x=1&y")] })
            .ShouldBe("?start_date=2026-05-01&group_by=key&key=team-a%2Fdemo&route=b%2Fchat&attribution.a%26b=x%3D1%26y");

    private static string Of(SpendOptions options) => SpendQuery.Of(options, s_gateway, s_now);
}
