using Gateway.Server.Config;
using Gateway.Server.Hosting;
using Support;

namespace Gateway.Tests.Hosting;

public sealed class ReadinessTests : IDisposable
{
    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(5);

    private readonly ManualTimeProvider _time = new(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly ModelHolder _models = new();
    private readonly Drain _drain = new();
    private readonly Readiness _readiness;

    public ReadinessTests() => _readiness = new(_models, _drain, s_wait, _time);

    public void Dispose() => _drain.Dispose();

    [Fact]
    public void WithoutAConfig_NoWaitingHelps()
    {
        _time.Advance(TimeSpan.FromHours(1));

        _readiness.State.ShouldBe(ReadyState.WaitingForConfig);
    }

    [Fact]
    public void WithAConfigFromDisk_ItIsReadyWhenTheWaitIsOver()
    {
        Load();
        _time.Advance(s_wait - TimeSpan.FromTicks(1));
        _readiness.State.ShouldBe(ReadyState.WaitingForPush);

        _time.Advance(TimeSpan.FromTicks(1));

        _readiness.State.ShouldBe(ReadyState.Ready);
    }

    [Fact]
    public void WithAPush_ItIsReadyAtOnce()
    {
        Load();

        _readiness.Pushed();

        _readiness.State.ShouldBe(ReadyState.Ready);
    }

    [Fact]
    public async Task Draining_IsNeverReady()
    {
        Load();
        _readiness.Pushed();

        await _drain.RunAsync(new(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero), () => { }, TimeProvider.System, CancellationToken.None);

        _readiness.State.ShouldBe(ReadyState.Draining);
    }

    private void Load() => _models.Swap(GatewayModel.Compile(TestConfig.Of() with { Revision = 1 }, _time.Now));
}
