using System.Net;
using Support.FakeProviders;

namespace Gateway.Tests.Flow;

public sealed class MessagesTests
{
    private const string Body =
        """{"model":"claude","max_tokens":50,"system":["""
            + """{"type":"text","text":"attribution","cache_control":{"type":"ephemeral","ttl":"1h"}}],"messages":["""
            + """{"role":"user","content":"hi"}],"thinking":{"type":"enabled","budget_tokens":1024}}""";
    private static readonly string s_streamBody = Body.Replace(
        "\"max_tokens\"", "\"stream\":true,\"max_tokens\"", StringComparison.Ordinal);

    [Fact]
    public async Task Request_GoesThroughWithVersionBetaAndQuery()
    {
        await using var provider = await FakeProvider.StartAsync(Answers.Anthropic());
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("claude", TestConfig.Anthropic(provider.Url)));

        using var response = await gateway.SendAsync(
            HttpMethod.Post,
            "/v1/messages?beta=true",
            Body,
            key: null,
            ("x-api-key", GatewayUnderTest.Key),
            ("anthropic-version", "2023-06-01"),
            ("anthropic-beta", "context-1m-2025-08-07,unknown-beta"));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var call = provider.Calls.Single();
        call.Path.ShouldBe("/v1/messages");
        call.Query.ShouldBe("?beta=true");
        call.Headers["x-api-key"].ShouldBe("upstream-secret");
        call.Headers["anthropic-beta"].ShouldBe("context-1m-2025-08-07,unknown-beta");
        call.BodyText.ShouldBe(Body.Replace("\"claude\"", "\"upstream-model\"", StringComparison.Ordinal));
        response.Header("request-id").ShouldBe(response.Header("x-request-id"));
    }

    [Fact]
    public async Task Stream_ThinkingSignaturesAndToolsArriveByteForByte()
    {
        var answer = new AnthropicAnswer { Thinking = "let me think", ToolCalls = [new ToolCall("f")] };
        await using var provider = await FakeProvider.StartAsync(Answers.Anthropic(answer));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("claude", TestConfig.Anthropic(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/messages", s_streamBody);

        (await response.TextAsync()).ShouldBe(string.Concat(answer.ToEvents()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Usage_CacheReadsAndWritesArePricedByTheirOwnRates(bool stream)
    {
        await using var provider = await FakeProvider.StartAsync(Answers.Anthropic(new()
        {
            InputTokens = 1000,
            CacheReadInputTokens = 10_000,
            CacheCreation5mInputTokens = 2000,
            CacheCreation1hInputTokens = 3000,
            OutputTokens = 500,
        }));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("claude", TestConfig.Anthropic(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/messages", stream ? s_streamBody : Body);
        await response.TextAsync();

        // 1000×1 + 10000×0.1 + 2000×1.25 + 3000×2 + 500×2, per million
        (await gateway.SettledAsync()).Settled.ShouldBe(0.0115m);
    }

    [Fact]
    public async Task Stream_ErrorBeforeContent_AnotherTargetAnswersAndNothingIsDoubled()
    {
        string[] start = [
            new AnthropicAnswer().ToEvents()[0],
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
        ];
        await using var bad = await FakeProvider.StartAsync(call => call.EventsAsync(start));
        await using var good = await FakeProvider.StartAsync(Answers.Anthropic());
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route(
            "claude", TestConfig.Anthropic(bad.BaseUrl, "bad"), TestConfig.Anthropic(good.BaseUrl, "good") with { Priority = 1 }));

        using var response = await gateway.PostAsync("/v1/messages", s_streamBody);

        (await response.TextAsync()).ShouldBe(string.Concat(new AnthropicAnswer().ToEvents()));
    }

    [Fact]
    public async Task Stream_ErrorBeforeContentOnTheOnlyTarget_IsAStatus()
    {
        string[] start = [
            new AnthropicAnswer().ToEvents()[0],
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
        ];
        await using var provider = await FakeProvider.StartAsync(call => call.EventsAsync(start));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("claude", TestConfig.Anthropic(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/messages", s_streamBody);

        ((int)response.StatusCode).ShouldBe(529);
        var json = await response.JsonAsync();
        json["type"]!.GetValue<string>().ShouldBe("error");
        json["error"]!["type"]!.GetValue<string>().ShouldBe("overloaded_error");
        json["request_id"]!.GetValue<string>().ShouldBe(response.Header("request-id"));
    }

    [Theory]
    [InlineData(StreamEnd.Reset)]
    [InlineData(StreamEnd.HangUp)]
    [InlineData(StreamEnd.Complete)]
    public async Task Stream_BreaksAfterContent_EndsWithAnErrorEventAndWithoutMessageStop(StreamEnd end)
    {
        var events = new AnthropicAnswer().ToEvents().Take(5).ToArray();
        await using var provider = await FakeProvider.StartAsync(Answers.EventsThen(events, end));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("claude", TestConfig.Anthropic(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/messages", s_streamBody);
        var text = await response.TextAsync();

        text.ShouldStartWith(string.Concat(events));
        text.ShouldContain("event: error\ndata: {\"type\":\"error\"");
        text.ShouldNotContain("message_stop");
    }

    [Fact]
    public async Task Stream_CutAfterMessageStart_OutputIsEstimatedFromTheText()
    {
        var events = new AnthropicAnswer { InputTokens = 1000, Text = new string('x', 3000) }.ToEvents().Take(4).ToArray();
        await using var provider = await FakeProvider.StartAsync(Answers.EventsThen(events, StreamEnd.Reset));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("claude", TestConfig.Anthropic(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/messages", s_streamBody);
        await response.TextAsync();

        // 1,000 reported in, 3,000 bytes at three a token out.
        (await gateway.SettledAsync()).Settled.ShouldBe(0.003m);
    }

    [Fact]
    public async Task CountTokens_IsFree()
    {
        await using var provider = await FakeProvider.StartAsync(Answers.Anthropic(new() { InputTokens = 42 }));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("claude", TestConfig.Anthropic(provider.BaseUrl)));

        using var response = await gateway.PostAsync(
            "/v1/messages/count_tokens?beta=true", """{"model":"claude","messages":[{"role":"user","content":"hi"}]}""");

        (await response.JsonAsync())["input_tokens"]!.GetValue<int>().ShouldBe(42);
        (await gateway.SettledAsync()).Settled.ShouldBe(0);
    }

    [Theory]
    [InlineData("<html><body>Bad gateway</body></html>")]
    [InlineData("""{"input_tokens":""")]
    [InlineData("""{"type":"error","error":{"type":"overloaded_error","message":"no"}}""")]
    [InlineData("")]
    public async Task CountTokens_AnswerThatIsNone_AnotherTargetAnswers(string answer)
    {
        await using var bad = await FakeProvider.StartAsync(Answers.Json(answer));
        await using var good = await FakeProvider.StartAsync(Answers.Anthropic(new() { InputTokens = 42 }));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route(
            "claude", TestConfig.Anthropic(bad.BaseUrl, "bad"), TestConfig.Anthropic(good.BaseUrl, "good") with { Priority = 1 }));

        using var response = await gateway.PostAsync("/v1/messages/count_tokens", """{"model":"claude","messages":[]}""");

        (await response.JsonAsync())["input_tokens"]!.GetValue<int>().ShouldBe(42);
        response.Header("x-litellm-model-id").ShouldBe("default/route-claude/good");
    }

    [Fact]
    public async Task ErrorOfTheUpstream_IsPassedOnInItsOwnWords()
    {
        await using var provider = await FakeProvider.StartAsync(
            Answers.AnthropicError(400, "messages: text content blocks must be non-empty", "invalid_request_error"));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("claude", TestConfig.Anthropic(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/messages", Body);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.TextAsync()).ShouldContain("text content blocks must be non-empty");
    }

    [Fact]
    public async Task ModelOfAnotherDialect_IsRefusedClearly()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("gpt", TestConfig.OpenAI("http://127.0.0.1:1/v1")));

        using var response = await gateway.PostAsync("/v1/messages", """{"model":"gpt","max_tokens":5,"messages":[]}""");

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.JsonAsync())["error"]!["type"]!.GetValue<string>().ShouldBe("invalid_request_error");
    }

    [Fact]
    public async Task Models_WithAnthropicVersion_AreInAnthropicsShape()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(
            TestConfig.Route("claude-x", TestConfig.Anthropic("http://127.0.0.1:1")));

        using var response = await gateway.GetAsync("/v1/models?limit=1000", GatewayUnderTest.Key, ("anthropic-version", "2023-06-01"));

        var json = await response.JsonAsync();
        json["data"]![0]!["type"]!.GetValue<string>().ShouldBe("model");
        json["has_more"]!.GetValue<bool>().ShouldBeFalse();
    }
}
