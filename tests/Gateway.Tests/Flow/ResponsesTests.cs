using System.Net;
using System.Text.Json.Nodes;
using Support.FakeProviders;

namespace Gateway.Tests.Flow;

public sealed class ResponsesTests
{
    private const string Body = """{"model":"m","input":"hi","include":["reasoning.encrypted_content"],"previous_response_id":"resp_0"}""";
    private const string StreamBody = """{"model":"m","stream":true,"input":"hi"}""";
    private const string Usage =
        """{"input_tokens":1000,"input_tokens_details":{"cached_tokens":400}"""
            + ""","output_tokens":500,"output_tokens_details":{"reasoning_tokens":300}}""";
    private static readonly string s_created = Event(
        "response.created", """{"response":{"id":"resp_1","status":"in_progress","usage":null},"sequence_number":0}""");
    private static readonly string s_delta = Event(
        "response.output_text.delta", """{"item_id":"msg_1","output_index":0,"content_index":0,"delta":"Hello","sequence_number":1}""");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Usage_CachedIsInsideTheInputAndReasoningInsideTheOutput(bool stream)
    {
        await using var provider = await FakeProvider.StartAsync(
            Answers.OpenAi(new() { PromptTokens = 1000, CachedTokens = 400, CompletionTokens = 500, ReasoningTokens = 300 }));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/responses", stream ? StreamBody : Body);
        await response.TextAsync();

        // 600 uncached at 1, 400 cached at 0.1, 500 out at 2, per million.
        (await gateway.SettledAsync()).Settled.ShouldBe(0.00164m);
    }

    [Fact]
    public async Task RequestAndAnswer_GoThroughByteForByte()
    {
        var answer = new OpenAiAnswer();
        await using var provider = await FakeProvider.StartAsync(Answers.OpenAi(answer));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/responses", Body);

        provider.Calls.Single().BodyText.ShouldBe(Body.Replace("\"m\"", "\"upstream-model\"", StringComparison.Ordinal));
        (await response.TextAsync()).ShouldBe(answer.ToResponseJson());
    }

    [Theory]
    [InlineData("response.completed")]
    [InlineData("response.incomplete")]
    public async Task Stream_WithKeepalivesAndUnknownEvents_ArrivesByteForByteAndIsMetered(string end)
    {
        string[] events =
        [
            s_created,
            Event("keepalive", """{"sequence_number":1}"""),
            Event("response.in_progress", """{"response":{"id":"resp_1"},"sequence_number":2}"""),
            Event(
                "response.output_item.added",
                """{"output_index":0,"item":{"id":"rs_1","type":"reasoning","encrypted_content":"gAAAA+/=","summary":[]}"""
                    + ""","sequence_number":3}"""),
            s_delta,
            Event("response.something_new", """{"response":"not an object","delta":{"a":1},"sequence_number":5}"""),
            Event("keepalive", """{"sequence_number":6}"""),
            Event(end, $$"""{"response":{"id":"resp_1","status":"x","usage":{{Usage}}},"sequence_number":7}"""),
        ];
        await using var provider = await FakeProvider.StartAsync(call => call.EventsAsync(events));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/responses", StreamBody);
        var text = await response.TextAsync();

        text.ShouldBe(string.Concat(events));
        text.ShouldNotContain("[DONE]");
        (await gateway.SettledAsync()).Settled.ShouldBe(0.00164m);
    }

    [Fact]
    public async Task LastEventRepeatsADeepSchema_IsStillTheEnd()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"items\":", 110)) + "{}" + new string('}', 110);
        string[] events =
            [s_created, s_delta, Event("response.completed", $$$"""{"response":{"tools":[{{{deep}}}],"usage":{{{Usage}}}}}""")];
        await using var provider = await FakeProvider.StartAsync(call => call.EventsAsync(events));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/responses", StreamBody);

        (await response.TextAsync()).ShouldBe(string.Concat(events));
        (await gateway.SettledAsync()).Settled.ShouldBe(0.00164m);
    }

    [Fact]
    public async Task StreamIsCut_EndsWithAnErrorEventInTheApisShape()
    {
        await using var provider = await FakeProvider.StartAsync(Answers.EventsThen([s_created, s_delta], StreamEnd.Reset));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/responses", StreamBody);
        var text = await response.TextAsync();

        text.ShouldStartWith(s_created + s_delta + "event: error\ndata: ");
        var error = JsonNode.Parse(text[(text.LastIndexOf("data: ", StringComparison.Ordinal) + 6)..])!;
        error["type"]!.GetValue<string>().ShouldBe("error");
        error["code"]!.GetValue<string>().ShouldBe("upstream_error");
        error["message"]!.GetValue<string>().ShouldNotBeEmpty();

        // Two tokens of prompt and five bytes of answer.
        (await gateway.SettledAsync()).Settled.ShouldBe(0.000005m);
    }

    [Theory]
    [InlineData(
        """{"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"it broke: upstream-secret"}"""
            + ""","usage":{"input_tokens":1000,"output_tokens":500}}}""")]
    [InlineData(
        """{"response":{"status":"failed","error":{"code":"server_error","message":"it broke: upstream-secret"}"""
            + ""","usage":{"input_tokens":1000,"output_tokens":500}},"type":"response.failed"}""")]
    public async Task StreamFailsAfterContent_TellsTheProvidersWordsAndChargesWhatItReported(string failed)
    {
        var gate = new TaskCompletionSource();
        await using var provider = await FakeProvider.StartAsync(
            Answers.EventsThen([s_created, s_delta], gate.Task, $"event: response.failed\ndata: {failed}\n\n"));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/responses", StreamBody);
        gate.SetResult();
        var text = await response.TextAsync();

        text.ShouldContain("it broke: ***");
        text.ShouldNotContain("response.completed");
        (await gateway.SettledAsync()).Settled.ShouldBe(0.002m);
    }

    [Theory]
    [InlineData("""{"type":"error","code":"rate_limit_exceeded","message":"slow down","param":null,"sequence_number":1}""")]
    [InlineData(
        """{"type":"error","error":{"type":"rate_limit_error","code":"rate_limit_exceeded","message":"slow down"},"sequence_number":1}""")]
    [InlineData("""{"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded","message":"slow down"}}}""")]
    public async Task StreamFailsBeforeContent_IsAStatus(string data)
    {
        await using var provider = await FakeProvider.StartAsync(call => call.EventsAsync([s_created, $"event: x\ndata: {data}\n\n"]));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/responses", StreamBody);

        response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await response.TextAsync()).ShouldContain("slow down");
        (await gateway.SettledAsync()).Settled.ShouldBe(0);
    }

    [Fact]
    public async Task ResponseThatFailedUnstreamed_IsPassedOnByteForByte()
    {
        const string answer =
            """{"id":"resp_1","object":"response","status":"failed","error":{"code":"server_error","message":"it broke"}"""
                + ""","output":[],"usage":null}""";
        await using var provider = await FakeProvider.StartAsync(Answers.Json(answer));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/responses", Body);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.TextAsync()).ShouldBe(answer);
    }

    [Fact]
    public async Task Background_IsRefusedBecauseItsUsageWouldNotBeSeen()
    {
        await using var provider = await FakeProvider.StartAsync();
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/responses", """{"model":"m","input":"hi","background":true}""");

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        provider.Calls.ShouldBeEmpty();
    }

    /// <param name="type">Becomes the first member.</param>
    /// <param name="json">An object with the others.</param>
    private static string Event(string type, string json) => $"event: {type}\ndata: {{\"type\":\"{type}\",{json[1..]}\n\n";
}
