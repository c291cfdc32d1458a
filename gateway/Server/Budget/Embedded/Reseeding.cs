using System.Collections.Immutable;
using System.Text;
using Gateway.Server.Budget.Embedded.Journal;
using Gateway.Server.Budget.Files;
using Gateway.Server.Config;

namespace Gateway.Server.Budget.Embedded;

/// <summary>
/// Adds up from the ledger what was spent under budgets whose counters are defined anew, since the start of their period.
/// </summary>
internal sealed class Reseeding
{
    private readonly Lock _adding = new();
    private readonly ImmutableArray<Seed> _seeds;

    public Reseeding(IEnumerable<BudgetModel> budgets, DateTimeOffset now) =>
        _seeds = [.. budgets.Select(budget => new Seed(budget, Periods.At(budget.Period, budget.TimeZone, now).Start))];

    public IEnumerable<Seed> Seeds => _seeds;

    /// <summary>Rows come from the files and from calls that end meanwhile, on different threads.</summary>
    public void Add(RowTotals row)
    {
        lock (_adding)
        {
            foreach (var seed in _seeds)
                seed.Add(row);
        }
    }

    /// <summary>Adds all rows up to the given end of the given segment.</summary>
    public void Read(Segments segments, long lastSegment, long length)
    {
        var since = _seeds.Min(seed => seed.PeriodStart);
        var numbers = segments.List().Where(number => number <= lastSegment).ToList();

        // A row is written when its call ends, so it stands behind every checkpoint from before its start.
        var first = Math.Max(numbers.FindLastIndex(number => segments.Began(number) <= since), 0);
        foreach (var number in numbers.Skip(first))
            Read(segments.PathOf(number), number == lastSegment ? length : long.MaxValue);
    }

    private void Read(string path, long end)
    {
        using var reader = new SegmentReader(path, end);
        while (reader.TryRead(out var line))
        {
            if (Concerns(line) && JournalLine.ReadTotals(line)?.Row is { } row)
                Add(row);
        }
    }

    /// <summary>Half of the lines are no rows, and most rows are of other budgets: to look is far cheaper than to parse.</summary>
    private bool Concerns(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith("{\"row\":"u8))
            return false;
        foreach (var seed in _seeds)
        {
            if (line.IndexOf(seed.Name) >= 0)
                return true;
        }

        return false;
    }

    /// <summary>One budget's sum.</summary>
    internal sealed class Seed(BudgetModel model, DateTimeOffset periodStart)
    {
        private readonly byte[] _name = Encoding.UTF8.GetBytes(model.Id);
        private readonly Dictionary<string, long> _spent = [];

        public BudgetModel Model => model;

        public DateTimeOffset PeriodStart => periodStart;

        public ReadOnlySpan<byte> Name => _name;

        /// <summary>By key; the key is empty where all count together.</summary>
        public IReadOnlyDictionary<string, long> Spent => _spent;

        public void Add(RowTotals row)
        {
            if (row.StartedAt < periodStart)
                return;
            foreach (var charge in row.Charges)
            {
                if (charge.Budget != model.Id)
                    continue;
                var key = model.PerKey ? row.Key : "";
                _spent[key] = _spent.GetValueOrDefault(key) + Amount(row, charge);
            }
        }

        // A budget that now counts something else has no amount of its own on the row: the whole call stands in.
        private long Amount(RowTotals row, Charge charge) => (model.CountsTokens, charge.Unit) switch
        {
            (true, ChargeUnit.Tokens) or (false, ChargeUnit.Nanos) => charge.Amount,
            (true, _) => row.Tokens,
            (false, _) => row.CostNanos,
        };
    }
}
