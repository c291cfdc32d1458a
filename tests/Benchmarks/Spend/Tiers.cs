using Benchmarks.Load;
using Benchmarks.Servers;

namespace Benchmarks.Spend;

/// <summary>
/// Two fleets in front of one upstream: one that counts in Redis with the ledger in Postgres, and one without databases, whose keys without
/// limits and budgets cost next to nothing to account for: a line of the journal.
/// </summary>
internal sealed record Tiers(UpstreamServer Upstream, Databases Databases, Fleet Redis, Fleet Embedded) : IDisposable
{
    public static async Task<Tiers> StartAsync()
    {
        var upstream = UpstreamServer.Start();
        var databases = await Databases.StartAsync();
        return new(upstream, databases, Fleet.Start(upstream.Port, databases.RedisTier), Fleet.Start(upstream.Port, []));
    }

    /// <summary>Until the ledger has so many rows: what is done after an answer belongs to its call.</summary>
    public void AwaitRows(long count) => Waiting.Until(
        "the ledger has all rows",
        () =>
        {
            Clock.WaitUntil(Clock.Now + Clock.Milliseconds(100));
            return Rows() >= count;
        });

    public long Rows() => Databases.Ask("select coalesce(sum(calls), 0)::bigint from llm_gateway.usage_hour");

    public void Dispose()
    {
        Embedded.Dispose();
        Redis.Dispose();
        Databases.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Upstream.Dispose();
    }
}
