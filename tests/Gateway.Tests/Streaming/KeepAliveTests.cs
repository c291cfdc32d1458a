using System.IO.Pipelines;
using System.Text;
using Gateway.Server.Providers.OpenAI;
using Gateway.Server.Streaming;

namespace Gateway.Tests.Streaming;

/// <summary>What a client gets of a stream whose upstream falls silent.</summary>
public sealed class KeepAliveTests : IDisposable
{
    private const string Comment = ": keep-alive\n\n";
    private const string Content = """data: {"choices":[{"delta":{"content":"hi"}}]}""" + "\n\n";
    private const string Done = "data: [DONE]\n\n";
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(15);

    private readonly TimersOnDemand _time = new();
    private readonly Pipe _upstream = NewPipe();
    private readonly CallDeadline _deadline;
    private readonly AnswerRelay _relay;

    public KeepAliveTests()
    {
        _deadline = new(_time, DateTimeOffset.MaxValue, CancellationToken.None, CancellationToken.None);
        _relay = new(
            _upstream.Reader.AsStream(),
            new OpenAICompletionsTap(keepUsageChunk: true, choices: 1),
            _deadline,
            _time,
            new(TimeSpan.FromMinutes(5), IsStream: true, OutlivesClient: false));
    }

    public void Dispose()
    {
        _relay.Dispose();
        _deadline.Dispose();
    }

    [Fact]
    public async Task UpstreamIsSilent_TheClientGetsACommentEach15Seconds()
    {
        var client = NewPipe();
        var copied = CopyTo(client);
        await SendAsync(Content);
        await ReadAsync(client, Content);

        Pass(s_silence);
        await ReadAsync(client, Comment);
        Pass(s_silence);
        await ReadAsync(client, Comment);
        await SendAsync(Done);

        (await copied).ShouldBe(RelayState.Complete);
        await ReadAsync(client, Done);
    }

    [Fact]
    public async Task NothingHasComeYet_TheClientGetsComments()
    {
        var client = NewPipe();
        var copied = CopyTo(client);

        Pass(s_silence);

        await ReadAsync(client, Comment);
        await SendAsync(Done);
        (await copied).ShouldBe(RelayState.Complete);
    }

    [Fact]
    public async Task UpstreamIsInTheMiddleOfAnEvent_TheCommentComesBeforeIt()
    {
        var client = NewPipe();
        var copied = CopyTo(client);
        await SendAsync(Content + Done[..7]);
        await ReadAsync(client, Content);

        Pass(s_silence);
        await SendAsync(Done[7..]);

        (await copied).ShouldBe(RelayState.Complete);
        await ReadAsync(client, Comment + Done);
    }

    [Fact]
    public async Task EventCameSinceTheTimerWasSet_TheSilenceCountsFromIt()
    {
        var client = NewPipe();
        var copied = CopyTo(client);
        _time.Elapsed += TimeSpan.FromSeconds(10);
        await SendAsync(Content);
        await ReadAsync(client, Content);

        _time.Elapsed += TimeSpan.FromSeconds(5);
        _time.Fire(s_silence);
        client.Reader.TryRead(out _).ShouldBeFalse();
        Pass(TimeSpan.FromSeconds(10));

        await ReadAsync(client, Comment);
        await SendAsync(Done);
        (await copied).ShouldBe(RelayState.Complete);
    }

    [Fact]
    public async Task ClientIsSlowToTakeAnEvent_NoCommentIsWrittenMeanwhile()
    {
        var client = SlowClient();
        var copied = CopyTo(client);
        await SendAsync(Content);
        var read = await client.Reader.ReadAtLeastAsync(Content.Length, TestContext.Current.CancellationToken);
        client.Reader.AdvanceTo(read.Buffer.Start);

        Pass(s_silence);

        await ReadAsync(client, Content);
        await SendAsync(Done);
        await ReadAsync(client, Done);
        (await copied).ShouldBe(RelayState.Complete);
    }

    [Fact]
    public async Task ClientIsSlowToTakeAComment_TheNextEventWaitsForIt()
    {
        var client = SlowClient();
        var copied = CopyTo(client);
        Pass(s_silence);
        await SendAsync(Done);

        await ReadAsync(client, Comment);
        await ReadAsync(client, Done);

        (await copied).ShouldBe(RelayState.Complete);
    }

    [Fact]
    public async Task StreamEndsWhileACommentIsWritten_TheClientIsFreeForOthersOnlyAfterIt()
    {
        var client = SlowClient();
        var copied = CopyTo(client);
        Pass(s_silence);
        await _upstream.Writer.CompleteAsync();
        copied.IsCompleted.ShouldBeFalse();

        await ReadAsync(client, Comment);

        (await copied).ShouldBe(RelayState.Cut);
        Pass(s_silence);
        client.Reader.TryRead(out _).ShouldBeFalse();
    }

    /// <summary>Whoever waits for it runs on at once, so that the relay has done its part when a sending method returns.</summary>
    private static Pipe NewPipe(int pauseAt = 0) => new(new(
        readerScheduler: PipeScheduler.Inline,
        writerScheduler: PipeScheduler.Inline,
        pauseWriterThreshold: pauseAt,
        resumeWriterThreshold: pauseAt,
        useSynchronizationContext: false));

    /// <summary>Each write to it waits until it is read.</summary>
    private static Pipe SlowClient() => NewPipe(pauseAt: 1);

    private Task<RelayState> CopyTo(Pipe client) => _relay.CopyAsync(client.Writer, () => { }, () => default).AsTask();

    private void Pass(TimeSpan span)
    {
        _time.Elapsed += span;
        _time.Fire(span);
    }

    private async Task SendAsync(string events) =>
        await _upstream.Writer.WriteAsync(Encoding.UTF8.GetBytes(events), TestContext.Current.CancellationToken);

    private static async Task ReadAsync(Pipe client, string expected)
    {
        var read = await client.Reader.ReadAtLeastAsync(expected.Length, TestContext.Current.CancellationToken);
        Encoding.UTF8.GetString(read.Buffer).ShouldBe(expected);
        client.Reader.AdvanceTo(read.Buffer.End);
    }
}
