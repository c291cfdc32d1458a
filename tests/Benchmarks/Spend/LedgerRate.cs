using System.Collections.Immutable;
using System.Globalization;
using Benchmarks.Load;
using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Budget.Postgres;
using Gateway.Server.Budget.Redis;
using Gateway.Server.Budget.Spool;
using Microsoft.Extensions.Logging.Abstractions;

namespace Benchmarks.Spend;

/// <summary>How many rows the writer of the ledger brings to Postgres, by itself.</summary>
internal static class LedgerRate
{
    private const int Rounds = 3;

    public static async Task<IEnumerable<Figure>> MeasureAsync(MoneyPlan plan)
    {
        await using var databases = await Databases.StartAsync();
        var (alone, four, costs) = (new List<double>(), new List<double>(), new List<double>());
        await RateAsync(databases, 1, plan.WrittenRows / 10);
        for (var round = 0; round < Rounds; round++)
        {
            var before = Environment.CpuUsage.TotalTime;
            alone.Add(await RateAsync(databases, 1, plan.WrittenRows));
            costs.Add((Environment.CpuUsage.TotalTime - before).TotalMicroseconds / plan.WrittenRows);
            four.Add(await RateAsync(databases, Fleet.Size, plan.WrittenRows / Fleet.Size));
        }

        return
        [
            new("the ledger's writer", Median.Of(alone), "rows/s", 3000, "one gateway's, two budgets a row, fsync on") { IsRate = true },
            new("the writer's processor time for a row", Median.Of(costs), "us", null, "the gateway's side, in batches that are full"),
            new("four writers at once", Median.Of(four), "rows/s", null, "of one LlmGateway, together") { IsRate = true },
        ];
    }

    private static async Task<double> RateAsync(Databases databases, int writers, int rowsOfEach)
    {
        var rows = Enumerable.Range(0, writers).Select(w => Rows(rowsOfEach).ToList()).ToList();
        var began = Clock.Now;
        await Task.WhenAll(rows.Select(r => Task.Run(() => WriteAsync(databases, r))));
        return writers * rowsOfEach / ((Clock.Now - began) / 1e9);
    }

    private static async Task WriteAsync(Databases databases, List<LedgerRow> rows)
    {
        var (uri, fault) = StoreUri.Postgres(databases.Postgres.Url);
        await using var database = new LedgerDatabase(
            uri ?? throw new InvalidOperationException(fault), null, new() { Gateway = Databases.Gateway });
        var ledger = new OrderedLedger(database, NullLogger<OrderedLedger>.Instance);
        var written = 0;
        using var spool = SpoolFolder.InMemory(
            new() { MaxInMemory = rows.Count }, TimeProvider.System, NullLogger<SpoolFolder>.Instance);
        using var queue = new LedgerQueue(ledger, spool, (_, _) => written++, TimeProvider.System);
        foreach (var row in rows)
            queue.Add(new("", "", row, []));
        if (!await queue.FlushAsync(() => true, CancellationToken.None) || written != rows.Count || ledger.LostRows > 0)
            throw new InvalidDataException($"{written} of {rows.Count} rows were written: {database.Failure}");
    }

    private static IEnumerable<LedgerRow> Rows(int count)
    {
        var now = TimeProvider.System.GetUtcNow();
        var month = new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero);
        for (var i = 0; i < count; i++)
        {
            var cost = Random.Shared.Next(1000, 1_000_000);
            yield return new()
            {
                Number = i,
                Kind = RowKind.Settled,
                CallId = Guid.CreateVersion7().ToString("N"),
                Key = Name("default/key", i % 50),
                StartedAt = now.AddTicks(i * TimeSpan.TicksPerMillisecond),
                EndedAt = now.AddTicks(i * TimeSpan.TicksPerMillisecond).AddSeconds(2),
                CostNanos = cost,
                Tokens = 680,
                Charges = [Charge("default/shared"), Charge("default/each")],
                Facts = new()
                {
                    Gateway = Databases.Gateway,
                    Model = Name("model", i % 10),
                    Route = Name("default/model", i % 10),
                    Stream = i % 2 == 0,
                    Attribution = ImmutableSortedDictionary<string, string>.Empty.Add("team", Name("team", i % 5)),
                },
                Settlement = new()
                {
                    Status = CallStatus.Completed,
                    Cost = new(cost),
                    Currency = "USD",
                    Usage = new() { InputUncached = 400, CacheRead = 100, Output = 180, Raw = """{"prompt_tokens":500,"completion_tokens":180}""" },
                    PriceVersion = "1",
                    ServedModel = Name("model", i % 10),
                    ServedRoute = Name("default/model", i % 10),
                    Target = "openai",
                    Provider = "OpenAI",
                    UpstreamModel = "gpt",
                    Attempts = 1,
                    HttpStatus = 200,
                    Latency = TimeSpan.FromSeconds(2),
                },
            };

            Charge Charge(string budget) => new() { Budget = budget, PeriodStart = month, Amount = cost, Unit = ChargeUnit.Nanos };
        }
    }

    private static string Name(string prefix, int i) => string.Create(CultureInfo.InvariantCulture, $"{prefix}-{i}");
}
