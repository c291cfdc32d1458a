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
        using var relay = Relay(pipe.Reader, deadline, time);

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
        using var relay = Relay(upstream.Reader, deadline, TimeProvider.System, isStream);
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

    private static AnswerRelay Relay(PipeReader upstream, CallDeadline deadline, TimeProvider time, bool isStream = true) => new(
        upstream.AsStream(),
        new OpenAICompletionsTap(keepUsageChunk: true, choices: 1),
        deadline,
        time,
        new(TimeSpan.FromMinutes(5), isStream, OutlivesClient: false));

    private static string ReadAll(PipeReader reader)
    {
        if (!reader.TryRead(out var read))
            return "";
        var text = Encoding.UTF8.GetString(read.Buffer);
        reader.AdvanceTo(read.Buffer.Start);
        return text;
    }
}
