using System.Collections.Immutable;
using Gateway.Server.Budget;
using Gateway.Server.Budget.Embedded;
using Gateway.Server.Config;
using Gateway.Server.Metering;
using Gateway.Tests.Budget;
using Gateway.Tests.Budget.Contract;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Gateway.Tests.Endpoints.Spend;

/// <summary>A small ledger with a row of every kind: two keys of two teams, two models, two days, over several segments.</summary>
internal static class SampleLedger
{
    private static readonly DateTimeOffset s_monday = new(2026, 5, 11, 23, 10, 0, TimeSpan.Zero);

    public static async Task<StoreFixture> CreateAsync()
    {
        var fixture = await StoreFixture.OpenAsync(new EmbeddedSpendOptions { SegmentBytes = 1 });
        var budget = NewBudget("all", cost: 100m);
        fixture.Store.Apply([budget]);
        fixture.Time.Now = s_monday;
        await AddAsync(fixture, budget, Call("a", Key, "gpt", "blue", "ann", "red", "green"), Answer(0.25m));
        await AddAsync(fixture, budget, Call("b", OtherKey, "claude", "green", "=cmd|' /C calc'!A0"), Answer(0.1m));

        fixture.Time.Now = s_monday.AddHours(1);
        await AddAsync(fixture, budget, Call("c", Key, "gpt", "blue", "ann", "red"), Answer(0.000000001m) with { Status = CallStatus.Cut });
        await AddAsync(fixture, budget, Call("d", Key, "gpt", "blue", null), Failure());
        var lost = await fixture.AdmitAsync(Call("e", Key, "gpt", "blue", null) with { Budgets = [budget] });
        fixture.Store.Refused(new()
        {
            CallId = "f",
            KeyId = Key,
            Facts = Call("f", Key, "no-such-model", "blue", "ann").Facts with { Route = "" },
            Settlement = Failure() with { Status = CallStatus.Refused, HttpStatus = 404, Error = "model_not_found", Attempts = 0 },
        });

        await fixture.LoseSightAsync();
        fixture.Time.Now = s_monday.AddHours(4);
        await fixture.Store.SettleAsync(lost, Answer(0.5m));
        fixture.Store.Tick();
        return fixture;
    }

    private static async Task AddAsync(StoreFixture fixture, BudgetModel budget, ReserveRequest request, Settlement settlement)
    {
        var call = await fixture.AdmitAsync(request with { Budgets = [budget] });
        fixture.Time.Advance(TimeSpan.FromSeconds(1.5));
        await fixture.Store.SettleAsync(call, settlement);
        fixture.Store.Tick();
    }

    private static ReserveRequest Call(string id, string key, string model, string team, string? endUser, params ImmutableArray<string> tags) =>
        Request(0.4m) with
        {
            CallId = id,
            KeyId = key,
            Facts = new()
            {
                Gateway = "ns/gateway",
                Model = model,
                Route = "ns/" + model,
                Stream = true,
                EndUser = endUser,
                Tags = tags,
                Attribution = ImmutableSortedDictionary<string, string>.Empty.Add("team", team).Add("app", "chat, \"beta\""),
            },
        };

    private static Settlement Answer(decimal cost) => Settlement(cost) with
    {
        Usage = new() { InputUncached = 30, CacheRead = 10, Output = 20, Reasoning = 5 },
        Currency = "USD",
        PriceVersion = "v1",
        Target = "main",
        Provider = "OpenAI",
        UpstreamModel = "upstream",
        Attempts = 1,
        HttpStatus = 200,
        Latency = TimeSpan.FromMilliseconds(1500),
        FirstToken = TimeSpan.FromMilliseconds(200),
    };

    private static Settlement Failure() => new()
    {
        Status = CallStatus.Failed,
        Cost = Money.Zero,
        Usage = new(),
        Attempts = 2,
        HttpStatus = 503,
        Error = "upstream_unavailable",
    };
}
