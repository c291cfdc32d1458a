using System.IO.Compression;
using System.Net;
using System.Text;
using Support.FakeProviders;

namespace Gateway.Tests.Flow;

/// <summary>What becomes of answers that are no answers.</summary>
public sealed class UpstreamErrorTests
{
    private const string Body = """{"model":"m","messages":[{"role":"user","content":"hi"}]}""";
    private const string MessagesBody = """{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}""";
    private const string Error = """{"error":{"message":"no","type":"invalid_request_error","param":null,"code":null}}""";

    [Theory]
    [InlineData(401, 502, "api_error")]
    [InlineData(402, 502, "api_error")]
    [InlineData(403, 502, "api_error")]
    [InlineData(404, 404, "not_found_error")]
    [InlineData(413, 413, "request_too_large")]
    [InlineData(429, 429, "rate_limit_error")]
    [InlineData(500, 502, "api_error")]
    [InlineData(503, 503, "api_error")]
    [InlineData(504, 504, "timeout_error")]
    [InlineData(529, 529, "overloaded_error")]
    public async Task PageFromAnEdge_IsWrappedInAnthropicsEnvelope(int status, int expected, string type)
    {
        await using var provider = await FakeProvider.StartAsync(Answers.Html(status));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.Anthropic(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/messages", MessagesBody);

        ((int)response.StatusCode).ShouldBe(expected);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        var json = await response.JsonAsync();
        json["type"]!.GetValue<string>().ShouldBe("error");
        json["error"]!["type"]!.GetValue<string>().ShouldBe(type);
        json["request_id"]!.GetValue<string>().ShouldBe(response.Header("request-id"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PageInTheNameOfAnAnswer_IsAFailureThatCostsNothing(bool stream)
    {
        await using var provider = await FakeProvider.StartAsync(Answers.Html(200));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync(
            "/v1/chat/completions", stream ? Body.Replace("{\"model\"", "{\"stream\":true,\"model\"", StringComparison.Ordinal) : Body);

        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await response.TextAsync()).ShouldNotContain("<html>");
        (await gateway.SettledAsync()).Settled.ShouldBe(0);
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"error":{"code":502,"message":"it broke: upstream-secret"},"user_id":"u"}""", 502)]
    [InlineData("/v1/chat/completions", """{"error":{"type":"rate_limit_error","message":"it broke: upstream-secret"}}""", 429)]
    [InlineData("/v1/embeddings", """{"error":"it broke: upstream-secret"}""", 502)]
    [InlineData("/v1/messages", """{"type":"error","error":{"type":"overloaded_error","message":"it broke: upstream-secret"}}""", 529)]
    public async Task ErrorInTheNameOfAnAnswer_IsAFailureThatCostsNothing(string path, string answer, int expected)
    {
        await using var provider = await FakeProvider.StartAsync(Answers.Json(answer));
        var target = path == "/v1/messages" ? TestConfig.Anthropic(provider.BaseUrl) : TestConfig.OpenAI(provider.BaseUrl);
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", target));

        using var response = await gateway.PostAsync(path, MessagesBody);

        ((int)response.StatusCode).ShouldBe(expected);
        (await response.TextAsync()).ShouldContain("it broke: ***");
        (await gateway.SettledAsync()).Settled.ShouldBe(0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"choices\":[")]
    [InlineData("OK")]
    public async Task AnswerThatIsNoWholeJson_AnotherTargetAnswers(string answer)
    {
        await using var bad = await FakeProvider.StartAsync(Answers.Json(answer));
        await using var good = await FakeProvider.StartAsync();
        await using var gateway = await GatewayUnderTest.StartAsync(
            TestConfig.Route("m", TestConfig.OpenAI(bad.BaseUrl, "bad"), TestConfig.OpenAI(good.BaseUrl, "good") with { Priority = 1 }));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.TextAsync()).ShouldBe(new OpenAiAnswer().ToChatJson());
    }

    [Theory]
    [InlineData(400)]
    [InlineData(503)]
    public async Task ErrorOfTheUpstream_CarriesItsRequestId(int status)
    {
        await using var provider = await FakeProvider.StartAsync(
            Answers.Json(
                Error,
                status,
                ("request-id", "req_up"), ("x-request-id", "up-2"), ("set-cookie", "a=b"), ("x-ratelimit-limit-requests", "7")));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.Anthropic(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/messages", MessagesBody);

        response.Header("llm_provider-request-id").ShouldBe("req_up");
        response.Header("llm_provider-x-request-id").ShouldBe("up-2");
        response.Header("request-id").ShouldBe(response.Header("x-litellm-call-id"));
        response.Header("set-cookie").ShouldBeNull();
        response.Header("x-ratelimit-limit-requests").ShouldBeNull();
    }

    [Theory]
    [InlineData(200)]
    [InlineData(400)]
    public async Task Header_that_quotes_the_credential_stays_here(int status)
    {
        await using var provider = await FakeProvider.StartAsync(
            Answers.Json(status == 200 ? new OpenAiAnswer().ToChatJson() : Error, status, ("x-echo", "Bearer upstream-secret"), ("x-other", "seen")));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        ((int)response.StatusCode).ShouldBe(status);
        response.Header("llm_provider-x-other").ShouldBe("seen");
        response.ToString().ShouldNotContain("upstream-secret");
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task CompressedError_IsUnpackedAndItsCredentialsMasked(string encoding)
    {
        await using var provider = await FakeProvider.StartAsync(async call =>
        {
            await call.StartAsync(400, "application/json", ("content-encoding", encoding));
            await call.SendAsync(Compress(Error.Replace("no", "upstream-secret", StringComparison.Ordinal), encoding));
        });
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.TextAsync()).ShouldBe(Error.Replace("no", "***", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("gzip", 200, 502)]
    [InlineData("br", 200, 502)]
    [InlineData("deflate", 200, 502)]
    [InlineData("gzip", 400, 400)]
    [InlineData("br", 400, 400)]
    public async Task BodyThatIsNotWhatItsEncodingSays_IsAnErrorOfOurs(string encoding, int status, int expected)
    {
        await using var provider = await FakeProvider.StartAsync(
            Answers.Json(new OpenAiAnswer().ToChatJson(), status, ("content-encoding", encoding)));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        ((int)response.StatusCode).ShouldBe(expected);
        (await response.JsonAsync())["error"]!["message"]!.GetValue<string>().ShouldContain("main");
        (await gateway.SettledAsync()).Settled.ShouldBe(0);
    }

    [Fact]
    public async Task ErrorBodyIsCut_TheStatusIsKeptInAnEnvelope()
    {
        await using var provider = await FakeProvider.StartAsync(async call =>
        {
            await call.StartAsync(422, "application/json", ("content-length", "1000"));
            call.Reset();
        });
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        response.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await response.JsonAsync())["error"]!["type"]!.GetValue<string>().ShouldBe("invalid_request_error");
    }

    [Theory]
    [InlineData("overloaded_error")]
    [InlineData("api_error")]
    public async Task AnthropicErrorAfterContent_IsOneErrorEventWithTheProvidersWords(string type)
    {
        var events = new AnthropicAnswer().ToEvents();
        var gate = new TaskCompletionSource();
        var error = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"" + type
            + "\",\"message\":\"it broke: upstream-secret\"}}\n\n";
        await using var provider = await FakeProvider.StartAsync(Answers.EventsThen(events.Take(5), gate.Task, error));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.Anthropic(provider.BaseUrl)));

        using var response = await gateway.PostAsync(
            "/v1/messages", MessagesBody.Replace("{\"model\"", "{\"stream\":true,\"model\"", StringComparison.Ordinal));
        gate.SetResult();
        var text = await response.TextAsync();

        text.ShouldStartWith(
            string.Concat(events.Take(5)) + "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"" + type
                + "\",\"message\":\"it broke: ***\"}");
        text.Split("event: error").Length.ShouldBe(2);
        text.ShouldNotContain("message_stop");
    }

    [Fact]
    public async Task AnthropicErrorWithoutItsType_IsStillOneError()
    {
        var events = new AnthropicAnswer().ToEvents().Take(5).ToArray();
        var gate = new TaskCompletionSource();
        await using var provider = await FakeProvider.StartAsync(
            Answers.EventsThen(events, gate.Task, "event: error\ndata: {\"error\":{\"message\":\"it broke\"}}\n\n"));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.Anthropic(provider.BaseUrl)));

        using var response = await gateway.PostAsync(
            "/v1/messages", MessagesBody.Replace("{\"model\"", "{\"stream\":true,\"model\"", StringComparison.Ordinal));

        gate.SetResult();

        (await response.TextAsync()).Split("\"error\":").Length.ShouldBe(2);
    }

    [Fact]
    public async Task HeaderThatIsNoAscii_OfTheUpstreamIsLeftOut()
    {
        var answer = new OpenAiAnswer().ToChatJson();
        await using var provider = await FakeProvider.StartAsync(async call =>
        {
            await call.RawAsync(Encoding.UTF8.GetBytes(
                $"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {answer.Length}\r\nx-note: Grüße\r\n"
                    + $"x-bell: a\u0007b\r\nx-plain: yes\r\n\r\n{answer}"));
            call.HangUp();
        });
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.TextAsync()).ShouldBe(answer);
        response.Header("llm_provider-x-plain").ShouldBe("yes");
        response.Header("llm_provider-x-note").ShouldBeNull();
    }

    private static byte[] Compress(string text, string encoding)
    {
        using var buffer = new MemoryStream();
        using (Stream stream = encoding switch
        {
            "gzip" => new GZipStream(buffer, CompressionLevel.Fastest),
            "br" => new BrotliStream(buffer, CompressionLevel.Fastest),
            _ => new ZLibStream(buffer, CompressionLevel.Fastest),
        })
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
        }

        return buffer.ToArray();
    }
}
