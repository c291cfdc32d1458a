using System.Text.Json.Serialization;

namespace Gateway.Server.Budget.Redis;

/// <summary>A call that has ended and is to be counted: all that the scripts must know, also in the process after this one.</summary>
internal sealed record Settling
{
    public required string Lease { get; init; }

    /// <summary>By the store's clock, in microseconds since 1970.</summary>
    public required long StartedAt { get; init; }

    /// <summary>As the scripts write what a call holds, for a store that does not know it any more.</summary>
    public required string Holds { get; init; }

    public required RowDraft Draft { get; init; }

    public required long Cost { get; init; }

    public required long Tokens { get; init; }

    /// <summary>Budgets that do not cover the model that answered, as the scripts look for them.</summary>
    public required string Uncovered { get; init; }

    /// <summary>It was not let go after all: only what it may hold is given back.</summary>
    public required bool IsCancelled { get; init; }

    [JsonIgnore]
    public byte[] DraftJson => field ??= Draft.ToJson();

    public static Settling Of(RedisReservation call, Settlement settlement, long cost, long tokens, string uncovered) => new()
    {
        Lease = call.Lease,
        StartedAt = StoreClock.Micros(call.StartedAt),
        Holds = call.Holds,
        Draft = call.Draft with { Settlement = settlement },
        Cost = cost,
        Tokens = tokens,
        Uncovered = uncovered,
        IsCancelled = false,
    };

    public static Settling Cancelled(RedisReservation call) => new()
    {
        Lease = call.Lease,
        StartedAt = StoreClock.Micros(call.StartedAt),
        Holds = call.Holds,
        Draft = call.Draft,
        Cost = 0,
        Tokens = 0,
        Uncovered = "",
        IsCancelled = true,
    };
}
