using System.Globalization;
using Support.FakeProviders;

namespace Gateway.Tests.Flow;

/// <summary>What is charged for what providers report: 1 USD in, 2 USD out, 0.1 USD cached, per million tokens.</summary>
public sealed class UsageTests
{
    private const string ChatStream = """{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}""";
    private const string MessagesStream = """{"model":"m","stream":true,"max_tokens":50,"messages":[{"role":"user","content":"hi"}]}""";
    private const string Start = "event: message_start\n"
        + """data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[]"""
        + ""","usage":{"input_tokens":1000,"output_tokens":1}}}""" + "\n\n";

    private const string Text = """
        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}


        """;

    private const string Stop = """
        event: message_stop
        data: {"type":"message_stop"}


        """;

    [Fact]
    public async Task Messages_DeltasAreCumulative_TheLastCountsAndNoneIsSummed()
    {
        var spent = await SpentOnMessagesAsync(
            Start, Text, Delta("""{"output_tokens":100}"""), Delta("""{"output_tokens":300}"""), Delta("""{"output_tokens":500}"""), Stop);

        spent.ShouldBe(0.002m);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"output_tokens":null,"input_tokens":null}""")]
    [InlineData("""{"output_tokens":"many"}""")]
    [InlineData("""{"output_tokens":-5}""")]
    public async Task Messages_LaterDeltaReportsNothing_EarlierFiguresStand(string usage)
    {
        var spent = await SpentOnMessagesAsync(Start, Text, Delta("""{"output_tokens":500}"""), Delta(usage), Stop);

        spent.ShouldBe(0.002m);
    }

    [Fact]
    public async Task Messages_CacheFiguresComeOnlyWithTheDelta_TheyAreCharged()
    {
        var spent = await SpentOnMessagesAsync(
            Start, Text, Delta("""{"output_tokens":500,"cache_read_input_tokens":10000,"cache_creation_input_tokens":2000}"""), Stop);

        // 1000×1 + 500×2 + 10000×0.1 + 2000×1.25
        spent.ShouldBe(0.0055m);
    }

    [Fact]
    public async Task Messages_ThinkingTokensAreInsideTheOutput()
    {
        var spent = await SpentOnMessagesAsync(
            Start, Text, Delta("""{"output_tokens":500,"output_tokens_details":{"thinking_tokens":400}}"""), Stop);

        spent.ShouldBe(0.002m);
    }

    [Theory]
    [InlineData("""{"prompt_tokens":1000,"completion_tokens":500,"total_tokens":1500}""", 0.002)]
    [InlineData("""{"prompt_tokens":1000,"completion_tokens":500,"prompt_tokens_details":{"cached_tokens":1000}}""", 0.0011)]
    [InlineData("""{"prompt_tokens":1000,"completion_tokens":500,"prompt_cache_hit_tokens":1000,"prompt_cache_miss_tokens":0}""", 0.0011)]
    [InlineData("""{"prompt_tokens":1000,"completion_tokens":500,"completion_tokens_details":{"reasoning_tokens":500}}""", 0.002)]
    [InlineData("""{"prompt_tokens":1000,"completion_tokens":500,"prompt_tokens_details":null,"completion_tokens_details":null}""", 0.002)]
    public async Task Chat_ReportedUsage_IsChargedOnce(string usage, decimal expected)
    {
        var spent = await SpentOnChatAsync(
            Chunk("""{"content":"Hello"}"""),
            Chunk("{}", "\"stop\""),
            $$"""data: {"choices":[],"usage":{{usage}}}""" + "\n\n",
            "data: [DONE]\n\n");

        spent.ShouldBe(expected);
    }

    [Fact]
    public async Task Chat_EveryChunkCarriesUsage_TheLastCountsAndEveryChunkArrives()
    {
        string[] events =
        [
            """data: {"choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"prompt_tokens":1000,"completion_tokens":1}}""" + "\n\n",
            """data: {"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"stop"}]"""
                + ""","usage":{"prompt_tokens":1000,"completion_tokens":500}}"""
                + "\n\n",
            "data: [DONE]\n\n",
        ];
        await using var provider = await FakeProvider.StartAsync(call => call.EventsAsync(events));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", ChatStream);

        (await response.TextAsync()).ShouldBe(string.Concat(events));
        (await gateway.SettledAsync()).Settled.ShouldBe(0.002m);
    }

    [Fact]
    public async Task Chat_UsageChunkHasNullChoices_IsChargedAndTakenOut()
    {
        string[] events = [Chunk("""{"content":"a"}"""), Chunk("{}", "\"stop\"")];
        const string usage = """data: {"choices":null,"usage":{"prompt_tokens":1000,"completion_tokens":500}}""" + "\n\n";
        await using var provider = await FakeProvider.StartAsync(call => call.EventsAsync([.. events, usage, "data: [DONE]\n\n"]));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", ChatStream);

        (await response.TextAsync()).ShouldBe(string.Concat(events) + "data: [DONE]\n\n");
        (await gateway.SettledAsync()).Settled.ShouldBe(0.002m);
    }

    [Fact]
    public async Task Chat_AzuresFirstFrameWithoutChoices_IsPassedOn()
    {
        string[] events =
        [
            """data: {"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":["""
                + """{"prompt_index":0,"content_filter_results":{}}],"usage":null}"""
                + "\n\n",
            Chunk("""{"role":"assistant","content":""}"""),
            Chunk("""{"content":"Hello"}"""),
            Chunk("{}", "\"stop\""),
            "data: [DONE]\n\n",
        ];
        await using var provider = await FakeProvider.StartAsync(call => call.EventsAsync(events));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", ChatStream);

        (await response.TextAsync()).ShouldBe(string.Concat(events));
    }

    [Fact]
    public async Task Chat_FinishReasonComesTwiceAndIsNullBefore_TheStreamGoesOnToItsEnd()
    {
        string[] events =
        [
            Chunk("""{"content":"a"}"""), Chunk("{}", "\"stop\""), Chunk("{}", "\"stop\""), Chunk("""{"content":"b"}"""),
            "data: [DONE]\n\n",
        ];
        await using var provider = await FakeProvider.StartAsync(call => call.EventsAsync(events));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", ChatStream);

        (await response.TextAsync()).ShouldBe(string.Concat(events));
    }

    [Fact]
    public async Task Chat_StreamIsCutBeforeItsUsage_IsChargedByItsText()
    {
        var spent = await SpentOnChatAsync(Chunk($$"""{"content":"{{new string('x', 3000)}}"}"""));

        // The prompt is estimated at two tokens and 3,000 bytes are a thousand;
        spent.ShouldBe(0.002002m);
    }

    [Theory]
    [InlineData("""{"prompt_tokens":1000}""", "0.003")]
    [InlineData("""{"prompt_tokens":1000,"completion_tokens":1e308}""", "0.003")]
    [InlineData("""{"prompt_tokens":-5,"completion_tokens":500}""", "0.001002")]
    [InlineData("""{"prompt_tokens":0,"completion_tokens":0}""", "0")]
    public async Task A_half_of_the_usage_that_is_not_reported_is_charged_by_its_estimate(string reported, string cost)
    {
        string[] events =
        [
            Chunk($$"""{"content":"{{new string('x', 3000)}}"}"""),
            Chunk("{}", "\"stop\""),
            $$"""data: {"choices":[],"usage":{{reported}}}""" + "\n\n",
            "data: [DONE]\n\n",
        ];
        await using var provider = await FakeProvider.StartAsync(call => call.EventsAsync(events));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", ChatStream);
        await response.TextAsync();

        (await gateway.SettledAsync()).Settled.ShouldBe(decimal.Parse(cost, CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Chat_ProviderThatKnowsNoStreamOptions_IsNotAskedAndChargedByAnEstimate()
    {
        string[] events = [Chunk($$"""{"content":"{{new string('x', 3000)}}"}"""), Chunk("{}", "\"stop\""), "data: [DONE]\n\n"];
        await using var provider = await FakeProvider.StartAsync(call => call.EventsAsync(events));
        await using var gateway = await GatewayUnderTest.StartAsync(
            TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl) with { SupportsStreamUsage = false }));

        using var response = await gateway.PostAsync("/v1/chat/completions", ChatStream);

        (await response.TextAsync()).ShouldBe(string.Concat(events));
        provider.Calls.Single().BodyText.ShouldNotContain("stream_options");
        (await gateway.SettledAsync()).Settled.ShouldBe(0.002002m);
    }

    [Fact]
    public async Task Completions_StreamIsMeteredAndItsUsageChunkTakenOut()
    {
        string[] events =
        [
            """data: {"id":"cmpl-1","object":"text_completion","choices":[{"index":0,"text":"Hello","finish_reason":null}],"usage":null}"""
                + "\n\n",
            """data: {"id":"cmpl-1","object":"text_completion","choices":[{"index":0,"text":"","finish_reason":"stop"}],"usage":null}"""
                + "\n\n",
        ];
        const string usage =
            """data: {"id":"cmpl-1","object":"text_completion","choices":[],"usage":{"prompt_tokens":1000,"completion_tokens":500}}"""
                + "\n\n";
        await using var provider = await FakeProvider.StartAsync(call => call.EventsAsync([.. events, usage, "data: [DONE]\n\n"]));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/completions", """{"model":"m","stream":true,"prompt":"hi"}""");

        (await response.TextAsync()).ShouldBe(string.Concat(events) + "data: [DONE]\n\n");
        provider.Calls.Single().BodyText.ShouldBe(
            """{"stream_options":{"include_usage":true},"model":"upstream-model","stream":true,"prompt":"hi"}""");
        (await gateway.SettledAsync()).Settled.ShouldBe(0.002m);
    }

    [Fact]
    public async Task Embeddings_OnlyThePromptIsCharged()
    {
        var answer = new OpenAiAnswer { PromptTokens = 1000 };
        await using var provider = await FakeProvider.StartAsync(Answers.OpenAi(answer));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/embeddings", """{"model":"m","input":["a","b"]}""");

        (await response.TextAsync()).ShouldBe(answer.ToEmbeddingsJson());
        (await gateway.SettledAsync()).Settled.ShouldBe(0.001m);
    }

    [Theory]
    [InlineData("/v1/chat/completions", ChatStream)]
    [InlineData("/v1/messages", MessagesStream)]
    public async Task ClientLeavesAStreamBeforeAnyContent_ItsPromptIsCharged(string path, string body)
    {
        var isAnthropic = path == "/v1/messages";
        await using var provider = await FakeProvider.StartAsync(
            isAnthropic ? Answers.EventsThen([Start], StreamEnd.Stall) : Answers.HeadersThenNothing());
        var target = isAnthropic ? TestConfig.Anthropic(provider.BaseUrl) : TestConfig.OpenAI(provider.BaseUrl);
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", target));

        await LeaveWhenItArrivesAsync(gateway, provider, path, body);

        // What message_start has reported by then, or may not have, decides between 1,000 tokens and the estimate of two.
        (await gateway.SettledAsync()).Settled.ShouldBeOneOf(0.000002m, 0.001002m);
    }

    [Fact]
    public async Task ClientLeavesAStreamBeforeTheUpstreamAnswers_ItsPromptIsCharged()
    {
        await using var provider = await FakeProvider.StartAsync(Answers.Never());
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        await LeaveWhenItArrivesAsync(gateway, provider, "/v1/chat/completions", ChatStream);

        (await gateway.SettledAsync()).Settled.ShouldBe(0.000002m);
    }

    private static async Task LeaveWhenItArrivesAsync(GatewayUnderTest gateway, FakeProvider provider, string path, string body)
    {
        using var leaves = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, gateway.Url + path)
        {
            Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json"),
        };
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + GatewayUnderTest.Key);

        var call = gateway.Client.SendAsync(request, leaves.Token);
        var received = await provider.NextCallAsync(TestContext.Current.CancellationToken);
        await leaves.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(call);
        await received.ClientGone.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    private static async Task<decimal> SpentOnMessagesAsync(params string[] events)
    {
        await using var provider = await FakeProvider.StartAsync(call => call.EventsAsync(events));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.Anthropic(provider.BaseUrl)));
        using var response = await gateway.PostAsync("/v1/messages", MessagesStream);
        (await response.TextAsync()).ShouldBe(string.Concat(events));
        return (await gateway.SettledAsync()).Settled;
    }

    private static async Task<decimal> SpentOnChatAsync(params string[] events)
    {
        await using var provider = await FakeProvider.StartAsync(call => call.EventsAsync(events));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));
        using var response = await gateway.PostAsync("/v1/chat/completions", ChatStream);
        await response.TextAsync();
        return (await gateway.SettledAsync()).Settled;
    }

    private static string Delta(string usage) =>
        $$$"""
        event: message_delta
        data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{{{usage}}}}


        """;

    private static string Chunk(string delta, string finishReason = "null") =>
        $$$"""
        data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{{{delta}}},"finish_reason":{{{finishReason}}}}]}


        """;
}
