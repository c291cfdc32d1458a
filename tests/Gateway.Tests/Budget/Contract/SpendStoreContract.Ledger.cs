using System.Collections.Immutable;
using Gateway.Server.Budget;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Gateway.Tests.Budget.Contract;

/// <content>What is written down.</content>
public abstract partial class SpendStoreContract
{
    [Fact]
    public async Task A_row_holds_what_is_known_of_the_call()
    {
        var (cost, tokens) = (NewBudget("cost", cost: 10m), NewBudget("tokens", tokens: 1000, perKey: true));
        await using var fixture = await OpenAsync(cost, tokens);
        var facts = new CallFacts
        {
            Gateway = fixture.Gateway,
            Model = "gpt",
            Route = "ns/gpt",
            Stream = true,
            EndUser = "Zoë \"the\" first\n",
            Session = "s-1",
            Tags = ["a", "b"],
            Attribution = ImmutableSortedDictionary<string, string>.Empty.Add("team", "blue"),
        };
        var settlement = Settlement(0.5m) with
        {
            Status = CallStatus.Cut,
            Usage = new()
            {
                InputUncached = 7,
                CacheRead = 2,
                Output = 3,
                WebSearches = 2,
                FileSearches = 1,
                Raw = """{"prompt_tokens":7}""",
                Estimated = true,
            },
            PriceVersion = "v1",
            ServedRoute = "ns/other",
            Target = "main",
            Provider = "OpenAI",
            UpstreamModel = "gpt-5",
            Attempts = 2,
            HttpStatus = 200,
            Latency = TimeSpan.FromMilliseconds(12),
            FirstToken = TimeSpan.FromMilliseconds(3),
        };
        var call = await fixture.AdmitAsync(Request(1m, cost, tokens) with { Facts = facts, CallId = "known" });
        await fixture.SettleAsync(call, settlement);

        var row = (await fixture.RowsAsync()).ShouldHaveSingleItem();
        (row.Kind, row.CallId, row.Key, row.StartedAt).ShouldBe((RowKind.Settled, "known", Key, call.StartedAt));
        (row.CostNanos, row.Tokens).ShouldBe((500_000_000, 12));
        row.EndedAt.ShouldBeGreaterThanOrEqualTo(row.StartedAt);
        row.Settlement.ShouldBe(settlement);
        row.Facts.Tags.ShouldBe(facts.Tags);
        row.Facts.Attribution.ShouldBe(facts.Attribution);
        (row.Facts with { Tags = [], Attribution = facts.Attribution }).ShouldBe(facts with { Tags = [] });
        row.Charges.Select(c => (c.Budget, c.Amount, c.Unit, c.Overshoot)).ShouldBe(
            [("ns/cost", 500_000_000, ChargeUnit.Nanos, 0), ("ns/tokens", 12, ChargeUnit.Tokens, 0)], ignoreOrder: true);
    }

    [Fact]
    public async Task A_call_under_no_budget_has_a_row_too()
    {
        await using var fixture = await OpenAsync();
        await fixture.SpendAsync(0.5m);
        var row = (await fixture.RowsAsync()).ShouldHaveSingleItem();
        (row.CostNanos, row.Charges.Length).ShouldBe((500_000_000, 0));
        (await fixture.SpentByAsync(Key)).Nanos.ShouldBe(500_000_000);
    }

    [Fact]
    public async Task Text_that_a_caller_chose_is_cut_and_kept()
    {
        await using var fixture = await OpenAsync();
        var request = Request(0.5m);
        var facts = request.Facts with
        {
            EndUser = "\ud800 lone \" \n \0" + new string('x', 10_000),
            Tags = [.. Enumerable.Repeat("t", 500)],
        };
        await fixture.SettleAsync(await fixture.AdmitAsync(request with { Facts = facts }), Settlement(0.5m));
        var kept = (await fixture.RowsAsync()).ShouldHaveSingleItem().Facts;
        kept.EndUser!.Length.ShouldBe(256);
        kept.Tags.Length.ShouldBe(32);
    }

    [Fact]
    public async Task A_refused_call_has_a_row_and_costs_nothing()
    {
        var budget = NewBudget();
        await using var fixture = await OpenAsync(budget);
        var facts = Request(0m).Facts with { Gateway = fixture.Gateway, EndUser = "zoe" };
        fixture.Store.Refused(Refused(facts));
        await fixture.KeepUpAsync();
        var row = (await fixture.RowsAsync()).ShouldHaveSingleItem();
        (row.Kind, row.Key, row.CostNanos, row.Tokens, row.Charges.Length).ShouldBe((RowKind.Refused, Key, 0, 0, 0));
        (row.Facts.Model, row.Facts.EndUser, row.Settlement!.Status).ShouldBe(("gpt", "zoe", CallStatus.Refused));
        (row.Settlement.Error, row.Settlement.HttpStatus, row.Calls).ShouldBe(("budget_exceeded", 429, null));
        await fixture.CrashAsync(budget);
        await fixture.ShouldStandAtAsync(budget, settled: 0);
        (await fixture.SpentByAsync(Key)).Nanos.ShouldBe(0);
    }

    [Fact]
    public async Task A_flood_of_refused_calls_is_written_in_few_rows()
    {
        await using var fixture = await OpenAsync();
        var facts = Request(0m).Facts with { Gateway = fixture.Gateway };
        for (var i = 0; i < 1_000; i++)
            fixture.Store.Refused(Refused(facts));
        await fixture.KeepUpAsync();
        (await fixture.RowsAsync()).Count.ShouldBeInRange(1, 200);
    }
}
