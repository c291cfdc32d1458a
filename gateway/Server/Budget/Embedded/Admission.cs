namespace Gateway.Server.Budget.Embedded;

/// <summary>Whether a call may go, all or none. Pure: it looks and changes nothing.</summary>
internal static class Admission
{
    /// <summary>
    /// Null: it may. Else the refusal that waiting helps least: a budget without room for it, then a limit of the key, then a budget whose
    /// room is only held by live calls.
    /// </summary>
    public static ReserveRefusal? Judge(ReserveRequest request, KeyAccount key, ReadOnlySpan<Hold> holds, DateTimeOffset now) =>
        (ReserveRefusal?)Exceeded(holds, now) ?? (ReserveRefusal?)RateLimited(request, key, now) ?? Reserved(holds);

    /// <summary>Of several budgets the one that resets last: the caller has to wait for all.</summary>
    private static ReserveRefusal.BudgetExceeded? Exceeded(ReadOnlySpan<Hold> holds, DateTimeOffset now)
    {
        ReserveRefusal.BudgetExceeded? worst = null;
        foreach (ref readonly var hold in holds)
        {
            var budget = hold.Account.Model!;
            if (!budget.Blocks || hold.Counter.AdmitsAlone(hold.Reserved, budget.Limit))
                continue;
            var reset = hold.Account.PeriodAt(now).End;
            if (worst is null || (reset ?? DateTimeOffset.MaxValue) > (worst.ResetTime ?? DateTimeOffset.MaxValue))
                worst = new(budget, hold.Counter.Settled, reset) { Requested = hold.Reserved };
        }

        return worst;
    }

    private static ReserveRefusal.BudgetReserved? Reserved(ReadOnlySpan<Hold> holds)
    {
        foreach (ref readonly var hold in holds)
        {
            var budget = hold.Account.Model!;
            if (budget.Blocks && !hold.Counter.Admits(hold.Reserved, budget.Limit))
                return new(budget, hold.Counter.Settled, hold.Counter.Live);
        }

        return null;
    }

    private static ReserveRefusal.RateLimited? RateLimited(ReserveRequest request, KeyAccount key, DateTimeOffset now)
    {
        var limits = request.Limits;
        if (limits.RequestsPerMinute is { } requests && key.Requests >= requests)
            return new("requests", new(requests, 0, key.MinuteEnd)) { Requested = 1 };
        if (limits.TokensPerMinute is { } tokens && request.Tokens > tokens - key.Tokens)
            return new("tokens", new(tokens, Math.Max(tokens - key.Tokens, 0), key.MinuteEnd)) { Requested = request.Tokens };

        // When a live call will end is not known: a second is what clients are told elsewhere too.
        if (limits.MaxParallelRequests is { } parallel && key.Parallel >= parallel)
            return new("concurrent_requests", new(parallel, 0, now.AddSeconds(1))) { Requested = 1 };
        return null;
    }
}
