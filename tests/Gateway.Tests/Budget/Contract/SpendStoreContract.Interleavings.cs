using FsCheck;
using FsCheck.Fluent;

namespace Gateway.Tests.Budget.Contract;

/// <content>Anything in any order.</content>
public abstract partial class SpendStoreContract
{
    /// <summary>Interleavings that are tried, of up to <see cref="Steps"/> steps each.</summary>
    private protected virtual int Runs => 150;

    private protected virtual int Steps => 60;

    [Fact]
    public void Whatever_the_interleaving_counters_are_settled_plus_live_and_the_guarantee_holds()
    {
        var steps = Gen.Two(Gen.Choose(0, 99)).Select(pair => new SpendStep(pair.Item1, pair.Item2)).ListOf().Resize(Steps).ToArbitrary();
        Check.One(
            FsCheck.Config.QuickThrowOnFailure.WithMaxTest(Runs).WithEndSize(Steps),
            Prop.ForAll(steps, list => Task.Run(() => InterleaveAsync(list)).GetAwaiter().GetResult()));
    }

    private async Task InterleaveAsync(IEnumerable<SpendStep> steps)
    {
        await using var fixture = await OpenAsync([.. SpendInterleaving.Budgets]);
        await new SpendInterleaving(fixture).RunAsync(steps);
    }
}
