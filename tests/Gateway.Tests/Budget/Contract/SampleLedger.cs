using System.Collections.Immutable;
using Gateway.Server.Budget;
using Gateway.Server.Metering;

namespace Gateway.Tests.Budget.Contract;

/// <summary>
/// A small ledger of one gateway with a row of every kind: two keys of two teams, two models, two days. Rows are in the order in which
/// their calls began and in which they were written, which is the same.
/// </summary>
internal static class SampleLedger
{
    public const string Gateway = "ns/gateway";

    private static readonly DateTimeOffset s_monday = new(2026, 5, 11, 23, 10, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset s_tuesday = new(2026, 5, 12, 0, 10, 0, TimeSpan.Zero);

    public static IReadOnlyList<LedgerRow> Rows { get; } =
    [
        Row("a", s_monday, "gpt", Answer(0.25m), "ann", "red", "green"),
        Row("b", s_monday.AddSeconds(1.5), "claude", Answer(0.1m), "=cmd|' /C calc'!A0") with { Key = SpendSamples.OtherKey },
        Row("c", s_tuesday, "gpt", Answer(0.000000001m) with { Status = CallStatus.Cut }, "ann", "red"),
        Row("d", s_tuesday.AddSeconds(1.5), "gpt", Failure()),
        Row("e", s_tuesday.AddSeconds(3), "", Refusal(), "ann") with { Kind = RowKind.Refused, Calls = 3 },
        Row("f", s_tuesday.AddSeconds(4), "gpt", null) with
        {
            Kind = RowKind.Abandoned,
            EndedAt = s_tuesday.AddMinutes(1),
            CostNanos = 100_000_000,
            Tokens = 20,
            Charges = [Charge(100_000_000)],
        },
        Row("f", s_tuesday.AddSeconds(4), "gpt", Answer(0.5m)) with
        {
            Kind = RowKind.Correction,
            EndedAt = s_tuesday.AddMinutes(2),
            CostNanos = 400_000_000,
            Tokens = 40,
            Charges = [Charge(400_000_000)],
        },
    ];

    /// <summary>Two calls that were paid in different currencies.</summary>
    public static IReadOnlyList<LedgerRow> TwoCurrencies { get; } =
    [
        Row("a", s_monday, "gpt", Answer(1m)),
        Row("b", s_tuesday, "gpt", Answer(1m) with { Currency = "EUR" }),
    ];

    private static LedgerRow Row(
        string id, DateTimeOffset start, string model, Settlement? end, string? endUser = null, params ImmutableArray<string> tags) => new()
        {
            Kind = RowKind.Settled,
            Number = 0,
            CallId = id,
            StartedAt = start,
            EndedAt = start.AddSeconds(1.5),
            Key = SpendSamples.Key,
            CostNanos = end?.Cost.Nanos ?? 0,
            Tokens = end?.Usage.Total ?? 0,
            Charges = end?.Cost > Money.Zero ? [Charge(end.Cost.Nanos)] : [],
            Facts = new()
            {
                Gateway = Gateway,
                Model = model.Length > 0 ? model : "no-such-model",
                Route = model.Length > 0 ? "ns/" + model : "",
                Stream = true,
                EndUser = endUser,
                Tags = tags,
                Attribution = ImmutableSortedDictionary<string, string>.Empty
                    .Add("team", model == "claude" ? "green" : "blue")
                    .Add("app", "chat, \"beta\""),
            },
            Settlement = end,
        };

    private static Charge Charge(long nanos) =>
        new() { Budget = "ns/all", PeriodStart = new(2026, 5, 1, 0, 0, 0, TimeSpan.Zero), Amount = nanos, Unit = ChargeUnit.Nanos };

    private static Settlement Answer(decimal cost) => SpendSamples.Settlement(cost) with
    {
        Usage = new() { InputUncached = 30, CacheRead = 10, Output = 20, Reasoning = 5, WebSearches = 2, FileSearches = 1 },
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

    private static Settlement Refusal() =>
        Failure() with { Status = CallStatus.Refused, HttpStatus = 404, Error = "model_not_found", Attempts = 0 };
}
