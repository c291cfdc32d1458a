using System.IO.Pipelines;
using System.Text;
using Gateway.Server.Providers.OpenAI;
using Gateway.Server.Streaming;

namespace Gateway.Tests.Streaming;

public sealed class AnswerRelayTests
{
    [Theory]
    [InlineData("")]
    [InlineData(": still working\n\n")]
    [InlineData("data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n")]
    public async Task UpstreamBringsNoContentForTenSeconds_TheAnswerIsCommitted(string lifecycle)
    {
        var time = new TimersOnDemand();
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes(lifecycle), TestContext.Current.CancellationToken);
        using var deadline = new CallDeadline(time, time.GetUtcNow().AddHours(1), CancellationToken.None, CancellationToken.None);
        using var relay = new AnswerRelay(
            pipe.Reader.AsStream(), new OpenAICompletionsTap(keepUsageChunk: true), deadline, time, new(TimeSpan.FromMinutes(5), IsStream: true, OutlivesClient: false));

        var hold = relay.HoldAsync().AsTask();
        hold.IsCompleted.ShouldBeFalse();
        time.Fire(TimeSpan.FromSeconds(10));

        (await hold).ShouldBe(RelayState.Committed);
        await pipe.Writer.CompleteAsync();
    }

    [Theory]
    [InlineData(true, "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\n", "data: [DONE]\n\n")]
    [InlineData(false, "{\"choices\":[{\"message\":{\"content\":\"hi\"}}]", "}")]
    public async Task AnswerThatHasComeWhole_IsSettledBeforeItsEndIsPassedOn(bool isStream, string beginning, string end)
    {
        var (upstream, client) = (new Pipe(), new Pipe());
        using var deadline = new CallDeadline(TimeProvider.System, DateTimeOffset.MaxValue, CancellationToken.None, CancellationToken.None);
        using var relay = new AnswerRelay(
            upstream.Reader.AsStream(), new OpenAICompletionsTap(keepUsageChunk: true), deadline, TimeProvider.System, new(TimeSpan.FromMinutes(5), isStream, OutlivesClient: false));
        var passedOnBefore = "";

        var copied = relay.CopyAsync(client.Writer, () => { }, () =>
        {
            passedOnBefore = ReadAll(client.Reader);
            return default;
        });
        await upstream.Writer.WriteAsync(Encoding.UTF8.GetBytes(beginning), TestContext.Current.CancellationToken);
        var first = await client.Reader.ReadAtLeastAsync(beginning.Length, TestContext.Current.CancellationToken);
        client.Reader.AdvanceTo(first.Buffer.Start);
        await upstream.Writer.WriteAsync(Encoding.UTF8.GetBytes(end), TestContext.Current.CancellationToken);
        await upstream.Writer.CompleteAsync();

        (await copied).ShouldBe(RelayState.Complete);
        passedOnBefore.ShouldBe(beginning);
        ReadAll(client.Reader).ShouldBe(beginning + end);
    }

    private static string ReadAll(PipeReader reader)
    {
        if (!reader.TryRead(out var read))
            return "";
        var text = Encoding.UTF8.GetString(read.Buffer);
        reader.AdvanceTo(read.Buffer.Start);
        return text;
    }

    /// <summary>Timers fire when the test says so, by the time that they were set to.</summary>
    private sealed class TimersOnDemand : TimeProvider
    {
        private readonly List<Timer> _timers = [];

        public void Fire(TimeSpan dueTime) => _timers.Single(t => t.DueTime == dueTime).Fire();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new Timer(callback, state) { DueTime = dueTime };
            _timers.Add(timer);
            return timer;
        }

        private sealed class Timer(TimerCallback callback, object? state) : ITimer
        {
            public TimeSpan DueTime { get; set; }

            public void Fire() => callback(state);

            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                DueTime = dueTime;
                return true;
            }

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => default;
        }
    }
}
