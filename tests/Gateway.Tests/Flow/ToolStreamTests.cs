using Support.FakeProviders;

namespace Gateway.Tests.Flow;

/// <summary>Tool calls reach the client byte for byte, however their arguments look.</summary>
public sealed class ToolStreamTests
{
    private const string ChatStream =
        """{"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hi"}]}""";
    private const string MessagesStream = """{"model":"m","stream":true,"max_tokens":50,"messages":[{"role":"user","content":"hi"}]}""";
    private const string Usage = """{"choices":[],"usage":{"prompt_tokens":1000,"completion_tokens":500}}""";

    [Fact]
    public async Task Chat_ParallelToolsInterleave_ArriveByteForByte()
    {
        await ShouldArriveAsync(
            Tool("""{"index":0,"id":"call_a","type":"function","function":{"name":"f","arguments":""}}"""),
            Tool("""{"index":1,"id":"call_b","type":"function","function":{"name":"g","arguments":""}}"""),
            Tool("""{"index":0,"function":{"arguments":"{\"x\":"}}"""),
            Tool("""{"index":1,"function":{"arguments":"{\"y\":2}"}}"""),
            Tool("""{"index":0,"function":{"arguments":"1}"}},{"index":1,"function":{"arguments":""}}"""));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("not json")]
    [InlineData("\\ud83d")]
    [InlineData("{\\\"a\\\":\\\"\\\\ud83d")]
    [InlineData("\\u0000\\u001f")]
    public async Task Chat_MalformedArguments_ArriveByteForByte(string arguments)
    {
        await ShouldArriveAsync(
            Tool($$$"""{"index":0,"id":"call_a","type":"function","function":{"name":"f","arguments":"{{{arguments}}}"}}"""));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[null]")]
    [InlineData("[{}]")]
    [InlineData("""[{"index":"0","function":null}]""")]
    [InlineData("""{"index":0}""")]
    public async Task Chat_OddlyShapedToolCalls_ArriveByteForByte(string toolCalls)
    {
        await ShouldArriveAsync($$$"""{"choices":[{"index":0,"delta":{"tool_calls":{{{toolCalls}}}}}]}""");
    }

    [Fact]
    public async Task Chat_ToolCallAlone_CommitsTheAnswer()
    {
        var gate = new TaskCompletionSource();
        var tool = Frame(Tool("""{"index":0,"id":"call_a","type":"function","function":{"name":"f","arguments":""}}"""));
        await using var provider = await FakeProvider.StartAsync(Answers.EventsThen([tool], gate.Task, Frame(Usage), "data: [DONE]\n\n"));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        // Returns only when the headers have come, which they do before the gate opens.
        using var response = await gateway.PostAsync("/v1/chat/completions", ChatStream);
        gate.SetResult();

        (await response.TextAsync()).ShouldStartWith(tool);
    }

    [Theory]
    [InlineData("""{"type":"input_json_delta","partial_json":""}""")]
    [InlineData("""{"type":"input_json_delta","partial_json":"{\"a\":"}""")]
    [InlineData("""{"type":"input_json_delta","partial_json":"\ud83d"}""")]
    [InlineData("""{"type":"input_json_delta","partial_json":null}""")]
    [InlineData("""{"type":"input_json_delta"}""")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("7")]
    public async Task Messages_OddToolInput_ArrivesByteForByte(string delta)
    {
        var events =
            new AnthropicAnswer { ToolCalls = [new("f"), new("g", "{}", "call_2")], InputTokens = 1000, OutputTokens = 500 }.ToEvents();
        var odd = $$"""
            event: content_block_delta
            data: {"type":"content_block_delta","index":1,"delta":{{delta}}}


            """;
        string[] stream = [.. events[..^3], odd, .. events[^3..]];
        await using var provider = await FakeProvider.StartAsync(call => call.EventsAsync(stream));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.Anthropic(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/messages", MessagesStream);

        (await response.TextAsync()).ShouldBe(string.Concat(stream));
        (await gateway.SettledAsync()).Settled.ShouldBe(0.002m);
    }

    [Fact]
    public async Task Messages_InputNestsDeep_IsPassedOnAndMetered()
    {
        var deep = string.Concat(Enumerable.Repeat("[", 120)) + string.Concat(Enumerable.Repeat("]", 120));
        var answer = new AnthropicAnswer { ToolCalls = [new("f")], InputTokens = 1000, OutputTokens = 500 }.ToJson()
            .Replace("""{"city":"Paris"}""", $$"""{"city":{{deep}}}""", StringComparison.Ordinal);
        await using var provider = await FakeProvider.StartAsync(Answers.Json(answer));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.Anthropic(provider.BaseUrl)));

        using var response = await gateway.PostAsync(
            "/v1/messages", """{"model":"m","max_tokens":50,"messages":[{"role":"user","content":"hi"}]}""");

        (await response.TextAsync()).ShouldBe(answer);
        (await gateway.SettledAsync()).Settled.ShouldBe(0.002m);
    }

    private static async Task ShouldArriveAsync(params string[] chunks)
    {
        string[] stream = [
            .. chunks.Append("""{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}""").Append(Usage).Select(Frame),
            "data: [DONE]\n\n",
        ];
        await using var provider = await FakeProvider.StartAsync(call => call.EventsAsync(stream));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", ChatStream);

        (await response.TextAsync()).ShouldBe(string.Concat(stream));
        (await gateway.SettledAsync()).Settled.ShouldBe(0.002m);
    }

    private static string Tool(string toolCalls) =>
        $$"""{"choices":[{"index":0,"delta":{"tool_calls":[{{toolCalls}}]},"finish_reason":null}]}""";

    private static string Frame(string json) => $"data: {json}\n\n";
}
