using System.Net;
using Support.FakeProviders;

namespace Gateway.Tests.Flow;

/// <summary>What Claude Code relies on: https://code.claude.com/docs/en/llm-gateway-protocol.</summary>
public sealed class ClaudeCodeTests
{
    /// <summary>Odd spacing, escapes, number forms and doubled foreign names: whatever is not ours keeps every byte.</summary>
    private const string Body = """
        { "max_tokens" : 50,
          "system":[{"type":"text","text":"x-anthropic-billing-header: cc_version=2.1;"},
            {"type":"text","text":"You are \u0043laude.","cache_control":{"ttl":"1h","type":"ephemeral"}}],
          "tools":[{"name":"b","input_schema":{"type":"object","properties":{"é":{"minimum":1.0e0,"default":-0.0}}}},
            {"name":"a","input_schema":{}}],
          "unknown":1, "unknown":2, "context_management":{"edits":[]},
          "model":"claude",
          "messages":[{"role":"user","content":"hi \ud83d\udc4b"},
            {"role":"assistant","content":[{"type":"thinking","thinking":"a\/b  c","signature":"EqQB+\/=="},
              {"type":"redacted_thinking","data":"Emw="},{"type":"tool_use","id":"t","name":"a","input":{ }}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[],"cache_control":{"type":"ephemeral"}}]}]
        }
        """;

    [Theory]
    [InlineData("/v1/messages?beta=true", "/v1/messages")]
    [InlineData("/messages?beta=true", "/v1/messages")]
    [InlineData("/v1/messages/count_tokens?beta=true", "/v1/messages/count_tokens")]
    public async Task Request_KeepsEveryByteButTheModel(string path, string upstream)
    {
        await using var provider = await FakeProvider.StartAsync(Answers.Json(new AnthropicAnswer().ToJson()));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("claude", TestConfig.Anthropic(provider.BaseUrl)));

        using var response = await gateway.PostAsync(path, Body);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var call = provider.Calls.Single();
        (call.Path, call.Query).ShouldBe((upstream, "?beta=true"));
        call.BodyText.ShouldBe(Body.Replace("\"claude\"", "\"upstream-model\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task FallbackToAnotherTarget_SendsTheSameBytes()
    {
        await using var bad = await FakeProvider.StartAsync(Answers.AnthropicError(529));
        await using var good = await FakeProvider.StartAsync(Answers.Json(new AnthropicAnswer().ToJson()));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route(
            "claude", TestConfig.Anthropic(bad.BaseUrl, "bad"), TestConfig.Anthropic(good.BaseUrl, "good") with { Priority = 1 }));

        using var response = await gateway.PostAsync("/v1/messages", Body);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        good.Calls.Single().BodyText.ShouldBe(bad.Calls.Single().BodyText);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Answer_KeepsThinkingAndRedactedThinkingByteForByte(bool stream)
    {
        const string json =
            """{"id":"msg_1","type":"message","content":["""
                + """{"type":"thinking","thinking":"a\/b \u00e9","signature":"EqQB+\/=="},{"type":"redacted_thinking","data":"Emw="}"""
                + """],"usage":{"input_tokens":1,"output_tokens":1}}""";
        var events = string.Concat(new AnthropicAnswer { Thinking = "x" }.ToEvents())
            .Replace("\"text_delta\"", "\"citations_delta\"", StringComparison.Ordinal)
            .Replace("c2lnbmF0dXJl", "EqQB+\\/==", StringComparison.Ordinal);
        await using var provider = await FakeProvider.StartAsync(call => stream ? call.EventsAsync([events]) : call.JsonAsync(json));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("claude", TestConfig.Anthropic(provider.BaseUrl)));

        using var response = await gateway.PostAsync(
            "/v1/messages", stream ? Body.Replace("{ \"max", "{\"stream\":true, \"max", StringComparison.Ordinal) : Body);

        (await response.TextAsync()).ShouldBe(stream ? events : json);
    }

    [Fact]
    public async Task BetaHeaders_AllPassVerbatim()
    {
        await using var provider = await FakeProvider.StartAsync(Answers.Json(new AnthropicAnswer().ToJson()));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("claude", TestConfig.Anthropic(provider.BaseUrl)));

        using var response = await gateway.PostAsync(
            "/v1/messages",
            Body,
            GatewayUnderTest.Key,
            ("anthropic-version", "2099-01-01"),
            ("anthropic-beta", "claude-code-20250219,never-heard-of"),
            ("anthropic-beta", "context-management-2025-06-27"),
            ("anthropic-dangerous-direct-browser-access", "true"),
            ("anthropic-workspace-id", "w"));

        var headers = provider.Calls.Single().Headers;
        headers["anthropic-version"].ShouldBe("2099-01-01");
        headers["anthropic-beta"].Replace(" ", "", StringComparison.Ordinal)
            .ShouldBe("claude-code-20250219,never-heard-of,context-management-2025-06-27");
        headers["anthropic-dangerous-direct-browser-access"].ShouldBe("true");
        headers.ContainsKey("anthropic-workspace-id").ShouldBeFalse();
    }

    [Fact]
    public async Task Error_IsUnmodifiedToTheLastByte()
    {
        const string error =
            """{"type":"error", "error":{"type":"invalid_request_error","message":"prompt is too long: 215000 tokens > 200000 maximum"}"""
                + ""","request_id":"req_011"}""";
        await using var provider = await FakeProvider.StartAsync(Answers.Json(error, 400, ("request-id", "req_011")));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("claude", TestConfig.Anthropic(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/messages", Body);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.TextAsync()).ShouldBe(error);
    }

    [Theory]
    [InlineData("HEAD", "/")]
    [InlineData("GET", "/")]
    public async Task Probe_NeedsNoKey(string method, string path)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();

        using var response = await gateway.SendAsync(new(method), path, null, key: null);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("authorization", "Bearer ")]
    [InlineData("x-api-key", "")]
    public async Task Models_AreListedForEitherKeyHeader(string header, string prefix)
    {
        await using var gateway = await GatewayUnderTest.StartAsync(
            TestConfig.Route("claude-x", TestConfig.Anthropic("http://127.0.0.1:1")));

        using var response = await gateway.GetAsync(
            "/v1/models?limit=1000", null, ("anthropic-version", "2023-06-01"), (header, prefix + GatewayUnderTest.Key));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.JsonAsync())["data"]![0]!["id"]!.GetValue<string>().ShouldBe("claude-x");
    }

    [Fact]
    public async Task Session_StandsInTheLedger()
    {
        await using var provider = await FakeProvider.StartAsync(Answers.Json(new AnthropicAnswer().ToJson()));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("claude", TestConfig.Anthropic(provider.BaseUrl)));

        using var response = await gateway.PostAsync(
            "/v1/messages", Body, GatewayUnderTest.Key, ("x-claude-code-session-id", "session-4711"));

        (await gateway.LedgerRowAsync())["facts"]!["session"]!.GetValue<string>().ShouldBe("session-4711");
        provider.Calls.Single().Headers.ContainsKey("x-claude-code-session-id").ShouldBeFalse();
    }
}
