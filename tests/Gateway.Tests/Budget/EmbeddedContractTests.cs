using System.Collections.Immutable;
using Gateway.Server.Budget;
using Gateway.Server.Budget.Embedded;
using Gateway.Server.Budget.Embedded.Journal;
using Gateway.Server.Config;
using Gateway.Tests.Budget.Contract;
using Support;

namespace Gateway.Tests.Budget;

public sealed class EmbeddedContractTests : SpendStoreContract
{
    // Each round of upkeep records what was accrued without the clock being moved for it, and small segments follow each other often.
    private protected override async Task<ISpendStoreFixture> OpenAsync(params ImmutableArray<BudgetModel> budgets) =>
        await StoreFixture.OpenAsync(new() { AccrueInterval = TimeSpan.Zero, SegmentBytes = 5_000 }, budgets);
}

public sealed class EmbeddedClockContractTests : SpendStoreClockContract
{
    private protected override async Task<IClockedSpendStoreFixture> OpenAsync(params ImmutableArray<BudgetModel> budgets) =>
        await StoreFixture.OpenAsync(budgets);
}

public sealed class EmbeddedReportsContractTests : SpendReportsContract, IAsyncDisposable
{
    private readonly StoreFixture _files = new();
    private JournalReports? _reports;

    public async ValueTask DisposeAsync()
    {
        if (_reports is not null)
            await _reports.DisposeAsync();
        await _files.DisposeAsync();
    }

    /// <summary>Every two rows in a segment of their own.</summary>
    private protected override async Task<ISpendReports> OpenAsync(IReadOnlyList<LedgerRow> rows)
    {
        var segments = JournalSegments.In(Directory.CreateDirectory(_files.NewDirectory()).FullName);
        using var line = new JournalLine();
        foreach (var (index, pair) in rows.Chunk(2).Index())
        {
            await using var file = File.Create(segments.PathOf(index + 1));
            file.Write(line.Write(new()
            {
                Checkpoint = new() { Version = 1, Time = pair[0].StartedAt, LastNumber = 0, Budgets = [], Keys = [], Live = [] },
            }));
            foreach (var row in pair)
                file.Write(line.Write(new() { Row = row }));
        }

        return _reports = new(segments, new(), new ManualTimeProvider(DateTimeOffset.UnixEpoch));
    }
}
