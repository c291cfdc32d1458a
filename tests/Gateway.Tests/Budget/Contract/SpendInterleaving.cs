using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Config;
using Gateway.Server.Metering;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Gateway.Tests.Budget.Contract;

/// <summary>A step of an interleaving: what is done, and a number that it needs.</summary>
internal sealed record SpendStep(int Kind, int Value);

/// <summary>
/// Takes steps on a store and on a plain list of calls, and compares the two after each: the counters are settled plus live, to the last
/// billionth, and the guarantee holds.
/// </summary>
internal sealed class SpendInterleaving(ISpendStoreFixture fixture)
{
    private static readonly BudgetModel s_shared = NewBudget("shared", cost: 0.000001m);
    private static readonly BudgetModel s_perKey = NewBudget("per-key", cost: 0.0000006m, perKey: true);
    private static readonly BudgetModel s_tokens = NewBudget("tokens", tokens: 2_000);
    private static readonly BudgetModel s_warning = NewBudget("warning", cost: 0.0000001m, action: BudgetAction.Warn);

    private readonly List<Call> _calls = [];
    private ISpendStore _other = fixture.Store;

    public static BudgetModel[] Budgets => [s_shared, s_perKey, s_tokens, s_warning];

    public async Task RunAsync(IEnumerable<SpendStep> steps)
    {
        _other = await fixture.JoinAsync();
        foreach (var step in steps)
        {
            await TakeAsync(step);
            await CompareAsync();
        }
    }

    private Task TakeAsync(SpendStep step) => step.Kind switch
    {
        < 45 => ReserveAsync(step.Value),
        < 60 => AccrueAsync(step.Value),
        < 90 => SettleAsync(step.Value),
        < 94 => LoseSightAsync(),
        < 97 when fixture is ILossySpendStoreFixture lossy => LoseCountersAsync(lossy),
        _ => CrashAsync(),
    };

    private async Task ReserveAsync(int value)
    {
        var key = value % 2 == 0 ? Key : OtherKey;
        var replica = value % 3 == 0 ? _other : fixture.Store;
        long reserved = value * 5;
        var request = Request(0m, [.. Budgets]) with { KeyId = key, Cost = new(reserved), PromptCost = new(reserved / 4) };
        var fits = (reserved == 0 || (Spent() + Held() + reserved <= s_shared.Limit && Spent(key) + Held(key) + reserved <= s_perKey.Limit))
            && _calls.Sum(c => c.Tokens) + request.Tokens <= s_tokens.Limit;
        var outcome = await fixture.ReserveAsync(request, replica);
        (outcome.Reservation is not null).ShouldBe(fits);
        if (outcome.Reservation is { } reservation)
            _calls.Add(new() { Reservation = reservation, Replica = replica, Key = key, Reserved = reserved });
    }

    private async Task AccrueAsync(int value)
    {
        if (Pick(value) is not { } call)
            return;
        call.Replica.Accrue(call.Reservation, new(value * 8), 30);
        await fixture.KeepUpAsync();
        (call.Accrued, call.AccruedTokens) = (Math.Max(call.Accrued, value * 8), 30);
    }

    private async Task SettleAsync(int value)
    {
        if (Pick(value) is not { } call)
            return;
        long cost = value * 7;
        await fixture.SettleAsync(call.Reservation, Settlement(0m) with { Cost = new(cost) }, call.Replica);
        if (!call.IsGivenUp || cost < call.Charged)
            call.Overshoot = Math.Max(cost - call.Reserved, 0);
        else
            call.Overshoot += cost - call.Charged;
        (call.Charged, call.ChargedTokens) = (cost, 50);
        (call.Live, call.Settled) = (false, true);
    }

    private async Task LoseSightAsync()
    {
        await fixture.LoseSightAsync();
        foreach (var call in _calls)
            call.Abandon();
    }

    /// <summary>That a call was given up is forgotten: it is held again until it ends, beside what it was charged.</summary>
    private async Task LoseCountersAsync(ILossySpendStoreFixture lossy)
    {
        await lossy.LoseCountersAsync();
        foreach (var call in _calls.Where(c => !c.Settled))
            call.Live = true;
    }

    /// <summary>Nobody settles the calls of a process that is gone.</summary>
    private async Task CrashAsync()
    {
        var killed = fixture.Store;
        await fixture.CrashAsync([.. Budgets]);
        foreach (var call in _calls.Where(c => c.Replica == killed))
        {
            call.Abandon();
            call.Settled = true;
        }

        if (_other == killed)
            _other = await fixture.JoinAsync();
    }

    private Call? Pick(int value)
    {
        var open = _calls.Where(c => !c.Settled).ToList();
        return open.Count == 0 ? null : open[value % open.Count];
    }

    private async Task CompareAsync()
    {
        Compare(await fixture.CountAsync(s_shared), _calls);
        Compare(await fixture.CountAsync(s_warning), _calls);
        foreach (var counter in await fixture.ReadAsync(s_perKey))
            Compare(counter, Of(counter.Key));
        var tokens = await fixture.CountAsync(s_tokens);
        (tokens.Settled + tokens.Reserved).ShouldBe(_calls.Sum(c => c.Tokens));
        foreach (var key in new[] { Key, OtherKey })
            (await fixture.SpentByAsync(key)).Nanos.ShouldBe(Spent(key));
    }

    private static void Compare(BudgetCounter counter, IEnumerable<Call> calls)
    {
        var of = calls.ToList();
        (Nanos(counter.Settled), Nanos(counter.Reserved)).ShouldBe((of.Sum(c => c.Charged), of.Sum(c => c.Held)));
        Nanos(counter.Overshoot).ShouldBe(of.Sum(c => c.Overshoot));
        if (counter.Budget != s_warning.Id)
            counter.Settled.ShouldBeLessThanOrEqualTo(counter.Limit + counter.Overshoot);
    }

    private long Spent(string? key = null) => Of(key).Sum(c => c.Charged);

    private long Held(string? key = null) => Of(key).Sum(c => c.Held);

    private IEnumerable<Call> Of(string? key) => _calls.Where(c => key is null || c.Key == key);

    private static long Nanos(decimal amount) => Money.FromDecimal(amount).Nanos;

    /// <summary>What the test knows of a call. Its prompt is a quarter of what it reserved, and 20 of 100 tokens.</summary>
    private sealed class Call
    {
        public required Reservation Reservation { get; init; }

        public required ISpendStore Replica { get; init; }

        public required string Key { get; init; }

        public required long Reserved { get; init; }

        public long Accrued { get; set; }

        public long AccruedTokens { get; set; }

        public bool Live { get; set; } = true;

        public bool Settled { get; set; }

        /// <summary>It was charged what it had accrued.</summary>
        public bool IsGivenUp { get; private set; }

        public long Charged { get; set; }

        public long ChargedTokens { get; set; }

        public long Overshoot { get; set; }

        public long Held => Live ? Math.Max(Reserved, Accrued) : 0;

        public long Tokens => Live ? 100 + ChargedTokens : ChargedTokens;

        public void Abandon()
        {
            if (!Live)
                return;
            Live = false;

            // Once more, after a loss: the ledger has it.
            if (IsGivenUp)
                return;
            IsGivenUp = true;
            Charged = Math.Max(Reserved / 4, Accrued);
            ChargedTokens = Math.Max(20, AccruedTokens);
            Overshoot = Math.Max(Charged - Reserved, 0);
        }
    }
}
