using System.Runtime.InteropServices;

namespace Gateway.Server.Budget.Embedded.Journal;

/// <summary>The book in the journal's terms, and back. Pure.</summary>
internal static class JournalBook
{
    public static Checkpoint Checkpoint(SpendBook book, DateTimeOffset now) => new()
    {
        Version = Journal.Checkpoint.CurrentVersion,
        Time = now,
        LastNumber = book.LastNumber,
        Budgets = [.. book.Budgets.Select(Definition)],
        Keys = [.. book.Keys.Select(k => new KeyTotals(k.Id, k.Spent, k.Minute, k.Requests, k.Tokens))],
        Live = [.. book.Live.Select(Open)],
    };

    public static Definition Definition(BudgetAccount account) => new()
    {
        Budget = account.Id,
        Counter = account.Definition,
        PerKey = account.PerKey,
        Unit = account.Unit,
        Counters = [
            .. account.Counters.Select(c => new CounterTotals(c.Key, c.Counter.PeriodStart, c.Counter.Settled, c.Counter.Overshoot)),
        ],
    };

    public static OpenCall Open(EmbeddedReservation call)
    {
        var holds = new HeldCharge[call.Holds.Length];
        for (var i = 0; i < holds.Length; i++)
            holds[i] = new(call.Holds[i].Account.Id, call.Holds[i].Counter.PeriodStart, call.Holds[i].Reserved);
        return new()
        {
            Number = call.Number,
            CallId = call.CallId,
            StartedAt = call.StartedAt,
            Key = call.Key.Id,
            Facts = call.Facts,
            CostNanos = call.ReservedCost,
            Tokens = call.ReservedTokens,
            PromptCostNanos = call.PromptCost,
            PromptTokens = call.PromptTokens,
            Holds = ImmutableCollectionsMarshal.AsImmutableArray(holds),
            Accrued = call.AccruedCost > 0 || call.AccruedTokens > 0 ? new(call.Number, call.AccruedCost, call.AccruedTokens) : null,
        };
    }

    /// <summary>The call as it was reserved. A budget that is not known any more holds nothing of it.</summary>
    public static EmbeddedReservation Call(SpendBook book, OpenCall open)
    {
        var holds = new List<Hold>(open.Holds.Length);
        foreach (var (budget, periodStart, reserved) in open.Holds)
        {
            if (book.Budget(budget) is { } account)
                holds.Add(new() { Account = account, Counter = account.At(open.Key, periodStart), Model = null, Reserved = reserved });
        }

        return new()
        {
            Number = open.Number,
            CallId = open.CallId,
            StartedAt = open.StartedAt,
            LastSeen = open.StartedAt,
            Key = book.Key(open.Key),
            Facts = open.Facts,
            ReservedCost = open.CostNanos,
            ReservedTokens = open.Tokens,
            PromptCost = open.PromptCostNanos,
            PromptTokens = open.PromptTokens,
            Holds = [.. holds],
        };
    }

    public static void Define(SpendBook book, Definition definition)
    {
        var account = new BudgetAccount(definition.Budget, definition.Counter, definition.PerKey, definition.Unit);
        var start = definition.PeriodStart ?? default;
        book.Define(account, start, definition.Counters.Select(c => KeyValuePair.Create(c.Key, c.Settled)));
    }

    /// <exception cref="InvalidDataException">A newer gateway wrote it.</exception>
    public static void Restore(SpendBook book, Checkpoint checkpoint)
    {
        if (checkpoint.Version > Journal.Checkpoint.CurrentVersion)
            throw new InvalidDataException(
                $"The journal has version {checkpoint.Version}: a newer gateway wrote it. Run that one, or a newer one.");
        book.Clear(checkpoint.LastNumber);
        foreach (var definition in checkpoint.Budgets)
        {
            Define(book, definition with { Counters = [] });
            var account = book.Budget(definition.Budget)!;
            foreach (var counter in definition.Counters)
                account.At(counter.Key, counter.PeriodStart).Charge(counter.Settled, counter.Overshoot);
        }

        foreach (var open in checkpoint.Live)
        {
            var call = Call(book, open);
            book.Open(call);
            if (open.Accrued is { } accrued && call.Accrue(accrued.CostNanos, accrued.Tokens))
                SpendBook.Raise(call);
        }

        // After the live calls: opening them has counted them once more.
        foreach (var totals in checkpoint.Keys)
            book.Key(totals.Key).Restore(totals.SpentNanos, totals.Minute, totals.Requests, totals.Tokens);
    }
}
