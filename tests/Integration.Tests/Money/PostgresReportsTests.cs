using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Budget.Postgres;
using Gateway.Tests.Budget.Contract;
using Microsoft.Extensions.Logging.Abstractions;

namespace Integration.Tests.Money;

/// <summary>What is answered about a ledger that is in Postgres.</summary>
public sealed class PostgresReportsTests(SharedPostgres postgres) : SpendReportsContract, IClassFixture<SharedPostgres>, IAsyncDisposable
{
    private static readonly PostgresSpendOptions s_options = new() { Gateway = SampleLedger.Gateway };

    private static readonly SpendFilter s_may = new()
    {
        Start = new(2026, 5, 1, 0, 0, 0, TimeSpan.Zero),
        End = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero),
    };

    private readonly List<PostgresReports> _reports = [];

    public static TheoryData<string> Covered() => ["all", "hour", "day", "key", "model", "route", "team"];

    public async ValueTask DisposeAsync()
    {
        foreach (var reports in _reports)
            await reports.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Covered))]
    public async Task Rollups_say_what_rows_say(string dimension)
    {
        var reports = await OpenAsync(SampleLedger.Rows);
        ImmutableArray<SpendDimension> groupBy = dimension switch
        {
            "all" => [],
            "team" => [new(DimensionKind.Attribution, "team"), new(DimensionKind.Day)],
            _ => [new(Enum.Parse<DimensionKind>(dimension, ignoreCase: true)), new(DimensionKind.Key)],
        };
        var team = ImmutableSortedDictionary<string, string>.Empty.Add("team", "blue");
        SpendFilter[] filters =
        [
            s_may,
            s_may with { Key = SpendSamples.OtherKey },
            s_may with { Model = "gpt" },
            s_may with { Model = "no-such-model" },
            s_may with { Route = "ns/gpt" },
            s_may with { Attribution = team },
        ];
        foreach (var filter in filters)
        {
            var hours = new SpendReportQuery { Filter = filter, GroupBy = groupBy };
            var rows = hours with { Filter = filter with { End = filter.End.AddSeconds(1) } };
            (ReportStatement.IsCovered(hours), ReportStatement.IsCovered(rows)).ShouldBe((true, false));
            var (fromHours, fromRows) = (await SumAsync(reports, hours), await SumAsync(reports, rows));
            fromHours.Total.ShouldBe(fromRows.Total);
            fromHours.Groups.Select(g => (string.Join('|', g.Values), g.Sum))
                .ShouldBe(fromRows.Groups.Select(g => (string.Join('|', g.Values), g.Sum)));
        }
    }

    [Fact]
    public async Task Rollups_tell_what_was_spent_when_the_rows_are_deleted()
    {
        var reports = await OpenAsync(SampleLedger.Rows);
        await ExecuteAsync("truncate llm_gateway.ledger");
        (await SumAsync(reports, new() { Filter = s_may })).Total.Cost.ToDecimal().ShouldBe(0.850000001m);
    }

    [Fact]
    public async Task A_text_with_a_character_zero_finds_what_was_written_of_it()
    {
        var row = SampleLedger.Rows[0];
        var reports = await OpenAsync([row with { Facts = row.Facts with { EndUser = "a\0b" } }]);
        (await SumAsync(reports, new() { Filter = s_may with { EndUser = "a\0b" } })).Total.Requests.ShouldBe(1);
    }

    [Fact]
    public async Task More_groups_than_lines_are_refused()
    {
        var reports = await OpenAsync(SampleLedger.Rows);
        await ExecuteAsync($"""
            insert into llm_gateway.usage_hour
            select '{SampleLedger.Gateway}', '2026-05-03', 'ns/' || i, '', '', '', '', 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
            from generate_series(1, {SpendReportQuery.MostGroups}) i
            """);
        var query = new SpendReportQuery { Filter = s_may, GroupBy = [new(DimensionKind.Key)] };
        (await reports.SumAsync(query, TestContext.Current.CancellationToken)).Failure.ShouldBe(ReportFailure.TooManyGroups);
        query = query with { Filter = s_may with { End = new(2026, 5, 4, 0, 0, 0, TimeSpan.Zero) } };
        (await SumAsync(reports, query)).Groups.Length.ShouldBe(SpendReportQuery.MostGroups);
    }

    [Fact]
    public async Task A_report_that_takes_too_long_is_ended_and_more_than_two_wait()
    {
        await OpenAsync(SampleLedger.Rows);
        var reports = Open(postgres.Server.Url, s_options with { ReportTime = TimeSpan.FromSeconds(1), ReportWait = TimeSpan.Zero });
        await using (var connection = await postgres.Admin.OpenConnectionAsync(TestContext.Current.CancellationToken))
        {
            await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
            await using var holding = connection.CreateCommand();
            holding.CommandText = "lock table llm_gateway.usage_hour, llm_gateway.ledger in access exclusive mode";
            await holding.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            var sum = reports.SumAsync(new() { Filter = s_may }, TestContext.Current.CancellationToken).AsTask();
            var list = reports.ListAsync(new() { Filter = s_may }, TestContext.Current.CancellationToken).AsTask();
            (await reports.SumAsync(new() { Filter = s_may }, TestContext.Current.CancellationToken)).Failure.ShouldBe(ReportFailure.Busy);
            ((await sum).Failure, (await list).Failure).ShouldBe((ReportFailure.TooLong, ReportFailure.TooLong));
        }

        (await SumAsync(reports, new() { Filter = s_may })).Total.Requests.ShouldBe(8);
    }

    [Fact]
    public async Task A_database_that_does_not_answer_is_unavailable()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var port = ((IPEndPoint)silent.LocalEndpoint).Port;
        var reports = Open($"postgresql://a:b@127.0.0.1:{port}/db", s_options with { Bound = TimeSpan.FromSeconds(1) });
        (await reports.SumAsync(new() { Filter = s_may }, TestContext.Current.CancellationToken)).Failure
            .ShouldBe(ReportFailure.Unavailable);
        silent.Stop();
        (await reports.ListAsync(new() { Filter = s_may }, TestContext.Current.CancellationToken)).Failure
            .ShouldBe(ReportFailure.Unavailable);
    }

    private protected override async Task<ISpendReports> OpenAsync(IReadOnlyList<LedgerRow> rows)
    {
        await using var database = new LedgerDatabase(StoreUri.Postgres(postgres.Server.Url).Uri!, null, s_options);
        (await database.TryUpgradeAsync(TestContext.Current.CancellationToken)).ShouldBeTrue();
        await ExecuteAsync("truncate llm_gateway.ledger, llm_gateway.usage_hour");
        var ledger = new OrderedLedger(database, NullLogger<OrderedLedger>.Instance);
        foreach (var chunk in rows.Chunk(256))
            (await ledger.WriteAsync([.. chunk], TestContext.Current.CancellationToken)).ShouldNotBeNull();
        return Open(postgres.Server.Url, s_options);
    }

    private static async Task<SpendReport> SumAsync(ISpendReports reports, SpendReportQuery query) =>
        (await reports.SumAsync(query, TestContext.Current.CancellationToken)).Value.ShouldNotBeNull();

    private PostgresReports Open(string url, PostgresSpendOptions options)
    {
        var reports = new PostgresReports(StoreUri.Postgres(url).Uri!, null, options);
        _reports.Add(reports);
        return reports;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = postgres.Admin.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
