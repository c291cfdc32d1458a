using Gateway.Server.Hosting;

namespace Gateway.Tests.Hosting;

/// <summary>The clock is the real one where a step has to end by itself; every other step is too long to do so.</summary>
public sealed class DrainTests : IDisposable
{
    private static readonly TimeSpan s_long = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(20);

    private readonly Drain _drain = new();
    private readonly TaskCompletionSource _stoppedListening = new();
    private readonly CancellationTokenSource _hurry = new();

    public void Dispose()
    {
        _drain.Dispose();
        _hurry.Dispose();
    }

    [Fact]
    public async Task Told_IsDrainingAtOnceAndListensForTheGrace()
    {
        var run = RunAsync(new(s_long, s_long, s_long));

        _drain.IsDraining.ShouldBeTrue();
        _stoppedListening.Task.IsCompleted.ShouldBeFalse();
        run.IsCompleted.ShouldBeFalse();
        await _hurry.CancelAsync();
        (await run).ShouldBe(0);
        _stoppedListening.Task.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public async Task NothingInFlight_EndsWithTheGrace() => (await RunAsync(new(TimeSpan.Zero, s_long, s_long))).ShouldBe(0);

    [Fact]
    public async Task CallThatEndsInTime_IsNotCut()
    {
        _drain.Enter();
        var run = RunAsync(new(TimeSpan.Zero, s_long, s_long));
        await _stoppedListening.Task;

        _drain.Leave();

        (await run).ShouldBe(0);
        _drain.Cut.IsCancellationRequested.ShouldBeFalse();
    }

    [Fact]
    public async Task CallThatEntersInTheGrace_IsWaitedFor()
    {
        var run = RunAsync(new(s_short, s_long, s_long));
        _drain.Enter();
        await _stoppedListening.Task;
        run.IsCompleted.ShouldBeFalse();

        _drain.Leave();

        (await run).ShouldBe(0);
    }

    [Fact]
    public async Task CallThatOutlastsTheTimeout_IsCutAndMaySettle()
    {
        _drain.Enter();
        using var cut = _drain.Cut.Register(_drain.Leave);

        (await RunAsync(new(TimeSpan.Zero, s_short, s_long))).ShouldBe(0);

        _drain.Cut.IsCancellationRequested.ShouldBeTrue();
    }

    [Fact]
    public async Task CallThatIgnoresTheCut_IsLeftBehindAndCounted()
    {
        _drain.Enter();

        (await RunAsync(new(TimeSpan.Zero, s_short, s_short))).ShouldBe(1);
    }

    [Fact]
    public async Task ToldTwice_CutsAtOnce()
    {
        _drain.Enter();
        using var cut = _drain.Cut.Register(_drain.Leave);
        var run = RunAsync(new(s_long, s_long, s_long));

        await _hurry.CancelAsync();

        (await run).ShouldBe(0);
        _drain.Cut.IsCancellationRequested.ShouldBeTrue();
    }

    private Task<int> RunAsync(DrainPlan plan) => _drain.RunAsync(plan, _stoppedListening.SetResult, TimeProvider.System, _hurry.Token);
}
