using System.Net;
using Gateway.Contract;
using Support.FakeProviders;

namespace Gateway.Tests.Flow;

/// <summary>Amounts of several currencies are never added, neither when a call is reserved nor when it is charged.</summary>
public sealed class CurrencyTests
{
    private const string Body = """{"model":"a","max_tokens":16,"messages":[{"role":"user","content":"hi"}]}""";

    [Fact]
    public async Task A_spent_budget_in_another_currency_refuses_no_call_that_it_cannot_count()
    {
        await using var provider = await FakeProvider.StartAsync(Answers.OpenAi());
        await using var gateway = await GatewayUnderTest.StartAsync(InEuro(provider.BaseUrl, UnpricedModels.Allow, dollars: 0));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Header("x-litellm-response-cost").ShouldNotBeNull();
        (await gateway.LedgerRowAsync())["charges"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_live_call_holds_nothing_of_a_budget_in_another_currency()
    {
        var release = new TaskCompletionSource();
        await using var provider = await FakeProvider.StartAsync(async call =>
        {
            await release.Task;
            await call.JsonAsync(new OpenAiAnswer().ToChatJson());
        });
        await using var gateway = await GatewayUnderTest.StartAsync(InEuro(provider.BaseUrl, UnpricedModels.Allow, dollars: 100));

        var running = gateway.PostAsync("/v1/chat/completions", Body);
        await provider.NextCallAsync(TestContext.Current.CancellationToken);
        (await gateway.StatusAsync()).Budgets.Single().Reserved.ShouldBe(0);
        release.SetResult();
        (await running).Dispose();
    }

    [Fact]
    public async Task A_route_in_another_currency_than_a_blocking_budget_is_refused_like_one_without_a_price()
    {
        await using var provider = await FakeProvider.StartAsync(Answers.OpenAi());
        await using var gateway = await GatewayUnderTest.StartAsync(InEuro(provider.BaseUrl, UnpricedModels.Reject, dollars: 100));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        var error = (await response.JsonAsync())["error"]!;
        ((string)error["code"]!).ShouldBe("model_not_priced");
        ((string)error["message"]!).ShouldContain("no price in USD");
    }

    [Fact]
    public async Task A_fallback_in_another_currency_is_charged_to_the_budget_of_its_own()
    {
        await using var dollar = await FakeProvider.StartAsync(Answers.Json("{}", 500));
        await using var euro = await FakeProvider.StartAsync(Answers.OpenAi());
        await using var gateway = await GatewayUnderTest.StartAsync(Mixed(dollar.BaseUrl, euro.BaseUrl));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);
        await response.TextAsync();

        var row = await gateway.LedgerRowAsync();
        ((string)row["settlement"]!["currency"]!).ShouldBe("EUR");
        var charge = row["charges"]!.AsArray().Where(c => (long)c!["amount"]! != 0).ShouldHaveSingleItem()!;
        ((string)charge["budget"]!, (long)charge["amount"]!).ShouldBe(("default/euros", (long)row["costNanos"]!));
    }

    [Fact]
    public async Task What_a_failed_attempt_cost_in_another_currency_is_not_added_and_makes_the_row_an_estimate()
    {
        const string usage = """{"prompt_tokens":1000,"completion_tokens":1000,"total_tokens":2000}""";
        string[] failing = ["data: {\"choices\":[],\"usage\":" + usage + "}\n\n", "data: {\"error\":{\"message\":\"late\"}}\n\n"];
        await using var dollar = await FakeProvider.StartAsync(call => call.EventsAsync(failing));
        await using var euro = await FakeProvider.StartAsync(Answers.OpenAi());
        await using var gateway = await GatewayUnderTest.StartAsync(Mixed(dollar.BaseUrl, euro.BaseUrl));

        using var response = await gateway.PostAsync(
            "/v1/chat/completions", Body.Replace("\"max", "\"stream\":true,\"max", StringComparison.Ordinal));
        await response.TextAsync();

        var row = await gateway.LedgerRowAsync();
        var settlement = row["settlement"]!;
        ((string)settlement["currency"]!).ShouldBe("EUR");
        ((bool)settlement["usage"]!["estimated"]!).ShouldBeTrue();
        ((long)row["costNanos"]!).ShouldBeLessThan(3_000_000);
    }

    private static ConfigSnapshot InEuro(string baseUrl, UnpricedModels policy, decimal dollars)
    {
        var config = TestConfig.Of(TestConfig.Route("a", TestConfig.OpenAI(baseUrl)));
        return config with
        {
            Settings = config.Settings with { UnpricedModels = policy },
            Prices = [config.Prices[0] with { Currency = "EUR" }],
            Budgets = [config.Budgets[0] with { Cost = dollars }],
        };
    }

    /// <summary>Model a in dollars falls back to b in euros; each has a budget in its currency.</summary>
    private static ConfigSnapshot Mixed(string dollar, string euro)
    {
        var config = TestConfig.Of(
            TestConfig.Route("a", TestConfig.OpenAI(dollar)) with { Fallbacks = ["b"] },
            TestConfig.Route("b", TestConfig.OpenAI(euro) with { Price = "euro" }));
        return config with
        {
            Prices = [config.Prices[0], config.Prices[0] with { Name = "euro", Currency = "EUR" }],
            Budgets =
            [
                config.Budgets[0] with { Models = ["a"] },
                config.Budgets[0] with { Object = TestConfig.Reference("Budget", "euros"), Models = ["b"], Currency = "EUR" },
            ],
        };
    }
}
