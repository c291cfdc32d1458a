using System.Text;
using Support.FakeProviders;

namespace Gateway.Tests.Flow;

/// <summary>Event streams as servers really write them: what arrives is what was sent, and the tap has understood it.</summary>
public sealed class StreamHygieneTests
{
    private const string ChatStream =
        """{"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hi"}]}""";
    private const string MessagesStream = """{"model":"m","stream":true,"max_tokens":50,"messages":[{"role":"user","content":"hi"}]}""";
    private const string Role = """data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"""
        + "\n\n";
    private const string Content = """data: {"choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}]}""" + "\n\n";
    private const string Usage = """data: {"choices":[],"usage":{"prompt_tokens":1000,"completion_tokens":500}}""" + "\n\n";
    private const string Done = "data: [DONE]\n\n";

    public static TheoryData<string, string> Streams => new()
    {
        { "comments", ": ping\n\n" + Role + ": OPENROUTER PROCESSING\n\n" + Content + ":\n\n" + Usage + Done },
        { "comment inside an event", Role + ": note\n" + Content + ": note\n" + Usage + Done },
        { "CRLF", (Role + Content + Usage + Done).Replace("\n", "\r\n", StringComparison.Ordinal) },
        { "CR", (Role + Content + Usage + Done).Replace("\n", "\r", StringComparison.Ordinal) },
        {
            "mixed line ends",
            Role.Replace("\n", "\r\n", StringComparison.Ordinal) + Content + Usage.Replace("\n", "\r", StringComparison.Ordinal) + Done
        },
        { "byte order mark", "\uFEFF" + Role + Content + Usage + Done },
        {
            "data in several lines",
            Role + Content + "data: {\"choices\":[],\ndata: \"usage\":{\"prompt_tokens\":1000,\ndata: \"completion_tokens\":500}}\n\n"
                + Done
        },
        { "data without a space", (Role + Content + Usage + Done).Replace("data: ", "data:", StringComparison.Ordinal) },
        { "other fields", "retry: 500\n\n" + Role + "id: 7\nevent: message\n" + Content + "unknown\n" + Usage + Done },
        { "last event without a blank line", Role + Content + Usage + "data: [DONE]" },
        { "last event with one line feed", Role + Content + Usage + "data: [DONE]\n" },
        { "blank lines in a row", "\n\n\n" + Role + "\n\n" + Content + "\n" + Usage + Done },
        { "data that is no JSON", Role + Content + "data: hello\n\ndata: {\"choices\":[{\"delta\":\n\n" + Usage + Done },
        {
            "text that is half a surrogate pair",
            Role + Content + """data: {"choices":[{"index":0,"delta":{"content":"\ud83d"}}],"service_tier":"\ud83d"}""" + "\n\n"
                + Usage + Done
        },
        {
            "names that are half a surrogate pair",
            Role + Content + """data: {"\ud83d":1,"choices":[{"\ud83d":"\udc4b"}]}""" + "\n\n" + Usage + Done
        },
        {
            "no end mark, but a reason",
            Role + Content + """data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""" + "\n\n" + Usage
        },
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Chat_HoweverItIsWritten_ArrivesByteForByteAndIsMetered(string what, string stream)
    {
        await using var provider = await FakeProvider.StartAsync(call => call.EventsAsync([stream]));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", ChatStream);

        (await RawTextAsync(response)).ShouldBe(stream, what);
        (await gateway.SettledAsync()).Settled.ShouldBe(0.002m, what);
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Chat_HoweverItIsWrittenAndCutOnTheWire_ArrivesByteForByteAndIsMetered(string what, string stream)
    {
        await using var provider = await FakeProvider.StartAsync(Answers.EventsInPieces([stream], 3));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", ChatStream);

        (await RawTextAsync(response)).ShouldBe(stream, what);
        (await gateway.SettledAsync()).Settled.ShouldBe(0.002m, what);
    }

    [Theory]
    [InlineData("\r\n", 1)]
    [InlineData("\r\n", 64 * 1024)]
    [InlineData("\r", 1)]
    [InlineData("\n", 2)]
    public async Task Messages_AnyLineEnd_ArrivesByteForByteAndIsMetered(string lineEnd, int pieceBytes)
    {
        var answer = new AnthropicAnswer { Thinking = "Grüße 👋", ToolCalls = [new("f")], InputTokens = 1000, OutputTokens = 500 };
        var stream = string.Concat(answer.ToEvents()).Replace("\n", lineEnd, StringComparison.Ordinal);
        await using var provider = await FakeProvider.StartAsync(Answers.EventsInPieces([stream], pieceBytes));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.Anthropic(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/messages", MessagesStream);

        (await response.TextAsync()).ShouldBe(stream);
        (await gateway.SettledAsync()).Settled.ShouldBe(0.002m);
    }

    [Fact]
    public async Task Event_IsPassedOnAtOnceAndNotWithTheNext()
    {
        var gate = new TaskCompletionSource();
        await using var provider = await FakeProvider.StartAsync(Answers.EventsThen([Role, Content], gate.Task, Usage + Done));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", ChatStream);
        await using var stream = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        var first = new byte[(Role + Content).Length];
        await stream.ReadExactlyAsync(first, TestContext.Current.CancellationToken);
        gate.SetResult();
        using var rest = new StreamReader(stream);

        Encoding.UTF8.GetString(first).ShouldBe(Role + Content);
        (await rest.ReadToEndAsync(TestContext.Current.CancellationToken)).ShouldBe(Usage + Done);
    }

    [Fact]
    public async Task EventWhoseLinesEndWithCR_IsPassedOnAtOnceAndNotWithTheNext()
    {
        var (content, rest) = (Content.Replace('\n', '\r'), (Usage + Done).Replace('\n', '\r'));
        var gate = new TaskCompletionSource();
        await using var provider = await FakeProvider.StartAsync(Answers.EventsThen([content], gate.Task, rest));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        // Returns only when the headers have come, which they do with the first content.
        using var response = await gateway.PostAsync("/v1/chat/completions", ChatStream);
        gate.SetResult();

        (await response.TextAsync()).ShouldBe(content + rest);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public async Task StreamOfTwoChoicesWithoutAnEndMark_IsWholeOnlyWhenBothHaveFinished(int finished, bool isWhole)
    {
        string[] events =
        [
            """data: {"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"b"}}]}""" + "\n\n",
            .. Enumerable.Range(0, finished).Select(
                i => $$"""data: {"choices":[{"index":{{i}},"delta":{},"finish_reason":"stop"}]}""" + "\n\n"),
        ];
        await using var provider = await FakeProvider.StartAsync(call => call.EventsAsync(events));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync(
            "/v1/chat/completions", ChatStream.Replace("{\"model\"", "{\"n\":2,\"model\"", StringComparison.Ordinal));
        var text = await response.TextAsync();

        text.ShouldStartWith(string.Concat(events));
        text.Contains("\"error\"", StringComparison.Ordinal).ShouldBe(!isWhole);
    }

    [Fact]
    public async Task PingAfterContent_IsPassedOnAtOnce()
    {
        const string ping = "event: ping\ndata: {\"type\":\"ping\"}\n\n";
        var events = new AnthropicAnswer().ToEvents();
        var gate = new TaskCompletionSource();
        await using var provider = await FakeProvider.StartAsync(
            Answers.EventsThen(events.Take(4).Append(ping), gate.Task, events.Skip(4)));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.Anthropic(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/messages", MessagesStream);
        await using var stream = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        var first = new byte[(string.Concat(events.Take(4)) + ping).Length];
        await stream.ReadExactlyAsync(first, TestContext.Current.CancellationToken);
        gate.SetResult();

        Encoding.UTF8.GetString(first).ShouldEndWith(ping);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(200_000)]
    public async Task EventOfAnyUsualSize_ArrivesByteForByte(int bytes)
    {
        var content = $$$"""data: {"choices":[{"index":0,"delta":{"content":"{{{new string('x', bytes)}}}"},"finish_reason":null}]}"""
            + "\n\n";
        var stream = Role + content + Usage + Done;
        await using var provider = await FakeProvider.StartAsync(call => call.EventsAsync([stream]));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", ChatStream);

        (await response.TextAsync()).ShouldBe(stream);
        (await gateway.SettledAsync()).Settled.ShouldBe(0.002m);
    }

    [Fact]
    public async Task CommentsWithoutContent_AreHeldUpTo64KiBOnly()
    {
        var comments = string.Concat(Enumerable.Repeat(": still working\n\n", 5000));
        var gate = new TaskCompletionSource();
        await using var provider = await FakeProvider.StartAsync(Answers.EventsThen([Role, comments], gate.Task, Content, Usage, Done));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        // Returns only when the headers have come, which they do before the gate opens.
        using var response = await gateway.PostAsync("/v1/chat/completions", ChatStream);
        gate.SetResult();

        (await response.TextAsync()).ShouldBe(Role + comments + Content + Usage + Done);
    }

    [Fact]
    public async Task LineWithoutAnEnd_IsCutAtTheCapAndTheUpstreamHungUpOn()
    {
        var block = new byte[1024 * 1024];
        block.AsSpan().Fill((byte)'x');
        await using var provider = await FakeProvider.StartAsync(async call =>
        {
            await call.EventsAsync([Role, Content, "data: "]);
            while (!call.ClientGone.IsCompleted)
                await call.SendAsync(block);
        });
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", ChatStream);
        var text = await response.TextAsync();

        text.ShouldStartWith(Role + Content + "data: {\"error\":{");
        text.Length.ShouldBeLessThan(10_000);
        await provider.Calls.Single().Ended.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        (await gateway.SettledAsync()).Settled.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task ClientTakesCompressed_TheStreamStaysPlain()
    {
        await using var provider = await FakeProvider.StartAsync();
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync(
            "/v1/chat/completions", ChatStream, GatewayUnderTest.Key, ("accept-encoding", "gzip, br"));

        response.Content.Headers.ContentEncoding.ShouldBeEmpty();
        provider.Calls.Single().Headers["accept-encoding"].ShouldBe("identity");
        (await response.TextAsync()).ShouldEndWith(Done);
    }

    [Theory]
    [InlineData("text/event-stream; charset=utf-8")]
    [InlineData("Text/Event-Stream")]
    [InlineData("text/plain")]
    public async Task StreamUnderAnotherType_IsReadAsTheStreamThatWasAskedFor(string type)
    {
        await using var provider = await FakeProvider.StartAsync(async call =>
        {
            await call.StartAsync(200, type);
            await call.SendAsync(Role + Content + Usage + Done);
        });
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", ChatStream);

        (await response.TextAsync()).ShouldBe(Role + Content + Usage + Done);
        (await gateway.SettledAsync()).Settled.ShouldBe(0.002m);
    }

    [Fact]
    public async Task StreamWasAskedForAndAWholeAnswerCame_IsPassedOnAndMetered()
    {
        var answer = new OpenAiAnswer { PromptTokens = 1000, CompletionTokens = 500 };
        await using var provider = await FakeProvider.StartAsync(Answers.Json(answer.ToChatJson()));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", ChatStream);

        (await response.TextAsync()).ShouldBe(answer.ToChatJson());
        (await gateway.SettledAsync()).Settled.ShouldBe(0.002m);
    }

    /// <summary>With its byte order mark, which reading as a text would take away.</summary>
    private static async Task<string> RawTextAsync(HttpResponseMessage response) =>
        Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
}
