using FsCheck;
using FsCheck.Fluent;
using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Config;
using Gateway.Server.Metering;
using Gateway.Tests.Budget.Contract;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Gateway.Tests.Budget;

/// <summary>Whatever happens in whatever order, the counters say what a plain list of the calls says, and the guarantee holds.</summary>
public sealed class SpendPropertyTests
{
    private const int Runs = 150;

    [Fact]
    public void AnyInterleaving_CountersAreSettledPlusLive_AndTheGuaranteeHolds()
    {
        var steps = Gen.Two(Gen.Choose(0, 99)).Select(pair => new Step(pair.Item1, pair.Item2)).ListOf().Resize(60).ToArbitrary();
        Check.One(
            FsCheck.Config.QuickThrowOnFailure.WithMaxTest(Runs).WithEndSize(60),
            Prop.ForAll(steps, list => new Interleaving().RunAsync(list).GetAwaiter().GetResult()));
    }

    private sealed record Step(int Kind, int Value);

    /// <summary>What the test knows of a call.</summary>
    private sealed class Call
    {
        public required Reservation Reservation { get; init; }

        public required string Key { get; init; }

        public required DateTimeOffset Hour { get; init; }

        public required long Reserved { get; init; }

        public long Accrued { get; set; }

        public long Recorded { get; set; }

        public bool Stirred { get; set; }

        public DateTimeOffset LastSeen { get; set; }

        public bool Live { get; set; } = true;

        public bool Settled { get; set; }

        public long Charged { get; set; }

        public long Overshoot { get; set; }

        public long Held => Live ? Math.Max(Reserved, Accrued) : 0;
    }

    private sealed class Interleaving
    {
        private readonly BudgetModel _shared = NewBudget("shared", cost: 0.000001m, period: BudgetPeriod.Hourly);
        private readonly BudgetModel _perKey = NewBudget("per-key", cost: 0.0000006m, period: BudgetPeriod.Hourly, perKey: true);
        private readonly BudgetModel _total = NewBudget("total", cost: 1m, period: BudgetPeriod.Total, action: BudgetAction.Warn);
        private readonly List<Call> _calls = [];
        private readonly StoreFixture _fixture =
            new() { Options = new() { SegmentBytes = 5_000, AbandonAfter = TimeSpan.FromMinutes(30) } };

        private DateTimeOffset Now => _fixture.Time.Now;

        private DateTimeOffset Hour => new(Now.Year, Now.Month, Now.Day, Now.Hour, 0, 0, TimeSpan.Zero);

        public async Task RunAsync(IEnumerable<Step> steps)
        {
            await using (_fixture)
            {
                await _fixture.OpenAsync(_fixture.NewDirectory(), _shared, _perKey, _total);
                foreach (var step in steps)
                {
                    await TakeAsync(step);
                    Compare();
                }
            }
        }

        private Task TakeAsync(Step step) => step.Kind switch
        {
            < 40 => ReserveAsync(step.Value),
            < 50 => AccrueAsync(step.Value),
            < 75 => SettleAsync(step.Value),
            < 85 => PassAsync(TimeSpan.FromSeconds(step.Value * 5)),
            < 90 => PassAsync(TimeSpan.FromMinutes(31)),
            _ => CrashAsync(),
        };

        private async Task ReserveAsync(int value)
        {
            var key = value % 2 == 0 ? "team/a" : "team/b";
            long reserved = value * 5;
            var request = Request(0m, _shared, _perKey, _total) with { KeyId = key, Cost = new(reserved), PromptCost = new(reserved / 4) };
            var fits = Spent(null, Hour) + Held(null, Hour) + reserved <= _shared.Limit
                && Spent(key, Hour) + Held(key, Hour) + reserved <= _perKey.Limit;
            var outcome = await _fixture.ReserveAsync(request);
            (outcome.Reservation is not null).ShouldBe(fits);
            if (outcome.Reservation is { } reservation)
                _calls.Add(new() { Reservation = reservation, Key = key, Hour = Hour, Reserved = reserved, LastSeen = Now });
        }

        private Task AccrueAsync(int value)
        {
            if (Pick(value) is { } call)
            {
                _fixture.Store.Accrue(call.Reservation, new(value * 8), 1);
                call.Stirred = true;
                if (call.Live)
                    call.Accrued = Math.Max(call.Accrued, value * 8);
            }

            return Task.CompletedTask;
        }

        private async Task SettleAsync(int value)
        {
            if (Pick(value) is not { } call)
                return;
            await _fixture.Store.SettleAsync(call.Reservation, Settlement(0m) with { Cost = new(value * 7) });
            long cost = value * 7;
            if (call.Live || cost < call.Charged)
                call.Overshoot = Math.Max(cost - call.Reserved, 0);
            else
                call.Overshoot += cost - call.Charged;
            call.Charged = cost;
            call.Settled = true;
            call.Live = false;
        }

        private Task PassAsync(TimeSpan time)
        {
            _fixture.Time.Advance(time);
            _fixture.Store.Tick();
            foreach (var call in _calls.Where(c => c.Live && time > TimeSpan.Zero))
            {
                if (call.Stirred)
                    call.LastSeen = Now;
                call.Stirred = false;
                call.Recorded = call.Accrued;
                if (Now - call.LastSeen >= TimeSpan.FromMinutes(30))
                    Abandon(call);
            }

            return Task.CompletedTask;
        }

        private async Task CrashAsync()
        {
            await _fixture.CrashAsync(_shared, _perKey, _total);
            foreach (var call in _calls.Where(c => c.Live))
            {
                call.Accrued = call.Recorded;
                Abandon(call);
            }

            // The process that held the reservations is gone: nobody settles them any more.
            _calls.ForEach(call => call.Settled = true);
        }

        private static void Abandon(Call call)
        {
            call.Live = false;
            call.Charged = Math.Max(call.Reserved / 4, call.Accrued);
            call.Overshoot = Math.Max(call.Charged - call.Reserved, 0);
        }

        private Call? Pick(int value)
        {
            var open = _calls.Where(c => !c.Settled).ToList();
            return open.Count == 0 ? null : open[value % open.Count];
        }

        private void Compare()
        {
            CompareCounter(_fixture.Read(_shared), Hour, null);
            CompareCounter(_fixture.Read(_total), null, null);
            foreach (var counter in _fixture.Store.Read([_perKey]))
                CompareCounter(counter, Hour, counter.Key);
            foreach (var key in new[] { "team/a", "team/b" })
                _fixture.Store.SpentBy(key).Nanos.ShouldBe(Spent(key, null));
        }

        private void CompareCounter(BudgetCounter counter, DateTimeOffset? hour, string? key)
        {
            var overshoot = Of(key, hour).Sum(c => c.Overshoot);
            Nanos(counter.Settled).ShouldBe(Spent(key, hour));
            Nanos(counter.Reserved).ShouldBe(Held(key, hour));
            Nanos(counter.Overshoot).ShouldBe(overshoot);
            counter.Settled.ShouldBeLessThanOrEqualTo(counter.Limit + counter.Overshoot);
        }

        private long Spent(string? key, DateTimeOffset? hour) => Of(key, hour).Sum(c => c.Charged);

        private long Held(string? key, DateTimeOffset? hour) => Of(key, hour).Sum(c => c.Held);

        private IEnumerable<Call> Of(string? key, DateTimeOffset? hour) =>
            _calls.Where(c => (key is null || c.Key == key) && (hour is null || c.Hour == hour));

        private static long Nanos(decimal amount) => Money.FromDecimal(amount).Nanos;
    }
}
