using System.Collections.Immutable;
using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Config;
using Gateway.Server.Metering;

namespace Gateway.Tests.Budget.Contract;

/// <summary>A tier as the tests of its contract see it: one gateway of its own, whose replicas share what they count.</summary>
internal interface ISpendStoreFixture : IAsyncDisposable
{
    /// <summary><c>namespace/name</c>, not used by any other fixture: a server may serve several at the same time.</summary>
    string Gateway { get; }

    /// <summary>The replica that tests talk to.</summary>
    ISpendStore Store { get; }

    /// <summary>Another replica under the same config. A tier that has only one gives that one.</summary>
    Task<ISpendStore> JoinAsync();

    /// <summary>Another config goes live on every replica; returns when its budgets are in force.</summary>
    Task ApplyAsync(params ImmutableArray<BudgetModel> budgets);

    /// <summary>The counters as they stand in the store itself, without anything that a replica remembers.</summary>
    Task<ImmutableArray<BudgetCounter>> ReadAsync(params ImmutableArray<BudgetModel> budgets);

    Task<Money> SpentByAsync(string keyId);

    /// <summary>This gateway's ledger, in the order in which the rows were written.</summary>
    Task<IReadOnlyList<LedgerRow>> RowsAsync();

    /// <summary>One round of upkeep on every replica: what was accrued and settled before is counted and durable afterwards.</summary>
    Task KeepUpAsync();

    /// <summary>
    /// Kills <see cref="Store"/> without a word and waits until the leases of its calls have ended; another process, under a config of
    /// these budgets, stands in its place.
    /// </summary>
    Task CrashAsync(params ImmutableArray<BudgetModel> budgets);

    /// <summary>
    /// Waits until every live call has been given up, though its process lives and may still settle it: it was too slow, or cut off from
    /// the store.
    /// </summary>
    Task LoseSightAsync();

    /// <summary>Returns when the UTC minute by the store's clock has long enough to go for a test.</summary>
    Task AwaitMinuteAsync();
}

/// <summary>A tier whose counters are kept apart from its ledger.</summary>
internal interface ILossySpendStoreFixture : ISpendStoreFixture
{
    /// <summary>All counters are lost, and all that the store remembers of calls; returns when they are rebuilt and admit calls again.</summary>
    Task LoseCountersAsync();
}

/// <summary>A tier whose clock tests can set.</summary>
internal interface IClockedSpendStoreFixture : ISpendStoreFixture
{
    Task SetClockAsync(DateTimeOffset now);
}
