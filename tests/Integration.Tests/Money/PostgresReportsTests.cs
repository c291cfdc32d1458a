using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Budget.Postgres;
using Gateway.Tests.Budget.Contract;
using Microsoft.Extensions.Logging.Abstractions;

namespace Integration.Tests.Money;

/// <summary>What is answered about a ledger that is in Postgres.</summary>
public sealed class PostgresReportsTests : SpendReportsContract, IAsyncLifetime
{
    private readonly SharedPostgres _postgres = new();
    private readonly List<LedgerDatabase> _databases = [];

    public ValueTask InitializeAsync() => _postgres.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var database in _databases)
            await database.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    private protected override async Task<ISpendReports> OpenAsync(IReadOnlyList<LedgerRow> rows)
    {
        var options = new PostgresSpendOptions { Gateway = SampleLedger.Gateway };
        var database = new LedgerDatabase(StoreUri.Postgres(_postgres.Server.Url).Uri!, null, options);
        _databases.Add(database);
        var writer = new LedgerWriter(database, options, NullLogger<LedgerWriter>.Instance);
        (await writer.WriteAsync([.. rows], TestContext.Current.CancellationToken)).ShouldBeTrue();
        return new PostgresReports(database);
    }
}
