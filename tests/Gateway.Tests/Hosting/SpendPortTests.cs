using System.Globalization;
using System.Net;
using Gateway.Contract;

namespace Gateway.Tests.Hosting;

/// <summary>Who may see what was spent: on the admin port all of it, on the data port one's own.</summary>
public sealed class SpendPortTests
{
    private const string OtherKey = "sk-other";
    private const string Body = """{"model":"sim","max_tokens":16,"messages":[{"role":"user","content":"hi"}]}""";

    [Fact]
    public async Task Report_OnTheAdminPort_IsOfAllKeys_AndOnTheDataPortOfOnesOwn()
    {
        await using var gateway = await StartAsync();
        await CallAsync(gateway, GatewayUnderTest.Key);
        await CallAsync(gateway, OtherKey);
        await CallAsync(gateway, OtherKey);

        using var all = await gateway.AdminAsync(HttpMethod.Get, "/spend/report?group_by=key");
        using var own = await gateway.GetAsync("/spend/report?group_by=key", OtherKey);

        all.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await KeysAsync(all)).ShouldBe([("default/key", 1), ("default/other", 2)]);
        (await KeysAsync(own)).ShouldBe([("default/other", 2)]);

        using var info = await gateway.GetAsync("/key/info", OtherKey);
        var total = (await own.JsonAsync())["total"]!;
        ((decimal)total["spend"]!).ShouldBe((decimal)(await info.JsonAsync())["info"]!["spend"]!);
        ((string?)total["currency"]).ShouldBe("USD");
    }

    [Fact]
    public async Task Logs_OnTheDataPort_AreOnesOwn_WhateverKeyIsAskedFor()
    {
        await using var gateway = await StartAsync();
        await CallAsync(gateway, GatewayUnderTest.Key);
        var id = await CallAsync(gateway, OtherKey);

        using var own = await gateway.GetAsync("/v1/spend/logs?key=default/key", OtherKey);
        using var all = await gateway.AdminAsync(HttpMethod.Get, "/spend/logs?key=default/other");

        foreach (var logs in new[] { own, all })
        {
            var row = (await logs.JsonAsync())["data"]!.AsArray().ShouldHaveSingleItem()!;
            ((string?)row["request_id"], (string?)row["key"]).ShouldBe((id, "default/other"));
        }
    }

    [Fact]
    public async Task KeyInfo_OnTheAdminPort_IsOfTheKeyThatIsNamed()
    {
        await using var gateway = await StartAsync();
        await CallAsync(gateway, OtherKey);

        using var named = await gateway.AdminAsync(HttpMethod.Get, "/key/info?key=default/other");
        using var own = await gateway.GetAsync("/key/info", OtherKey);
        using var unknown = await gateway.AdminAsync(HttpMethod.Get, "/key/info?key=default/nobody");

        var info = await named.TextAsync();
        info.ShouldContain("\"key_alias\":\"default/other\"");
        info.ShouldBe(await own.TextAsync());
        unknown.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task What_a_key_has_spent_in_several_currencies_is_told_as_no_amount()
    {
        var config = TestConfig.Of(Route("sim", "price"), Route("euro", "euro"));
        config = config with { Budgets = [], Prices = [.. config.Prices, config.Prices[0] with { Name = "euro", Currency = "EUR" }] };
        await using var gateway = await GatewayUnderTest.StartAsync(config);
        await CallAsync(gateway, GatewayUnderTest.Key);

        using var answer = await gateway.PostAsync("/v1/chat/completions", Body.Replace("\"sim\"", "\"euro\"", StringComparison.Ordinal));
        using var info = await gateway.GetAsync("/key/info");
        using var report = await gateway.GetAsync("/spend/report");

        decimal.Parse(answer.Header("x-litellm-response-cost")!, CultureInfo.InvariantCulture).ShouldBeGreaterThan(0);
        answer.Header("x-litellm-key-spend").ShouldBeNull();
        (await info.TextAsync()).ShouldContain("\"spend\":null");
        (await report.TextAsync()).ShouldContain("\"spend\":null");
    }

    [Fact]
    public async Task Report_AsCsv_SaysSo()
    {
        await using var gateway = await StartAsync();
        using var response = await gateway.AdminAsync(HttpMethod.Get, "/spend/report?group_by=day&format=csv");
        response.Content.Headers.ContentType!.ToString().ShouldBe("text/csv; charset=utf-8");
    }

    [Fact]
    public async Task WhoHasNoKeyOrAsksForWhatIsNotThere_IsToldSo()
    {
        await using var gateway = await StartAsync();
        using var anonymous = await gateway.GetAsync("/spend/report", key: null);
        using var unknown = await gateway.GetAsync("/spend/report?colour=red");
        using var anthropic = await gateway.GetAsync("/spend/logs?limit=x", headers: ("anthropic-version", "2023-06-01"));
        using var admin = await gateway.AdminAsync(HttpMethod.Get, "/spend/report?colour=red");
        using var post = await gateway.AdminAsync(HttpMethod.Post, "/spend/report");

        anonymous.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        unknown.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        ((string?)(await unknown.JsonAsync())["error"]!["param"]).ShouldBe("colour");
        ((string?)(await anthropic.JsonAsync())["error"]!["type"]).ShouldBe("invalid_request_error");
        admin.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        ((string?)(await admin.JsonAsync())["error"]!["param"]).ShouldBe("colour");
        post.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
    }

    private static async Task<IEnumerable<(string?, int)>> KeysAsync(HttpResponseMessage report) =>
        (await report.JsonAsync())["results"]!.AsArray().Select(r => ((string?)r!["key"], (int)r["requests"]!));

    private static async Task<string> CallAsync(GatewayUnderTest gateway, string key)
    {
        using var response = await gateway.PostAsync("/v1/chat/completions", Body, key);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        await response.TextAsync();
        return response.Header("x-litellm-call-id")!;
    }

    private static Task<GatewayUnderTest> StartAsync()
    {
        var config = TestConfig.Of(Route("sim", "price"));
        return GatewayUnderTest.StartAsync(config with { Keys = [.. config.Keys, TestConfig.KeyOf("other", OtherKey)] });
    }

    private static RouteConfig Route(string model, string price) =>
        TestConfig.Route(model, new TargetConfig { Name = "sim", Provider = Provider.Simulated, Price = price });
}
