using System.Net;
using Gateway.Contract;
using Support.FakeProviders;

namespace Gateway.Tests.Flow;

/// <summary>What becomes of upstreams that fail, before and after the commit point.</summary>
public sealed class FailureTests
{
    private const string Body = """{"model":"m","messages":[{"role":"user","content":"hi"}]}""";
    private const string StreamBody = """{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}""";

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(409)]
    [InlineData(413)]
    [InlineData(422)]
    public async Task ClientErrorOfTheUpstream_IsPassedOnUnmodifiedAndNotRetried(int status)
    {
        const string error =
            """
            {"error":{"message":"context_length_exceeded, says the provider","type":"invalid_request_error","param":"messages",
            "code":"context_length_exceeded","extra":1}}
            """;
        await using var provider = await FakeProvider.StartAsync(Answers.Json(error, status));
        await using var other = await FakeProvider.StartAsync();
        await using var gateway = await GatewayUnderTest.StartAsync(
            TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl), TestConfig.OpenAI(other.BaseUrl, "other") with { Priority = 1 }));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        ((int)response.StatusCode).ShouldBe(status);
        (await response.TextAsync()).ShouldBe(error);
        other.Calls.ShouldBeEmpty();
        (await gateway.SettledAsync()).Settled.ShouldBe(0);
    }

    [Fact]
    public async Task ClientErrorThatQuotesTheCredential_IsMasked()
    {
        await using var provider = await FakeProvider.StartAsync(Answers.OpenAiError(400, "key upstream-secret is odd"));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        (await response.TextAsync()).ShouldContain("key *** is odd");
    }

    [Fact]
    public async Task HtmlFromAnEdge_IsWrappedWithItsStatus()
    {
        await using var provider = await FakeProvider.StartAsync(Answers.Html(413));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        response.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await response.TextAsync()).ShouldStartWith("""{"error":{""");
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    public async Task RefusedCredentials_Are502WithoutTheProvidersWords(int status)
    {
        await using var provider = await FakeProvider.StartAsync(
            Answers.OpenAiError(status, "Incorrect API key provided: upstream-secret"));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        var error = (await response.JsonAsync())["error"]!;
        error["code"]!.GetValue<string>().ShouldBe("upstream_authentication_error");
        error["message"]!.GetValue<string>().ShouldNotContain("Incorrect");
    }

    [Theory]
    [InlineData(429, "upstream_rate_limited")]
    [InlineData(529, "upstream_overloaded")]
    public async Task RateLimitOfTheUpstream_IsKeptWithItsRetryAfter(int status, string code)
    {
        await using var provider = await FakeProvider.StartAsync(
            Answers.OpenAiError(status, "slow down", "rate_limit_exceeded", ("retry-after", "17")));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        ((int)response.StatusCode).ShouldBe(status);
        response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(17));
        (await response.JsonAsync())["error"]!["code"]!.GetValue<string>().ShouldBe(code);
    }

    [Theory]
    [InlineData(500, 502)]
    [InlineData(502, 502)]
    [InlineData(503, 503)]
    [InlineData(504, 504)]
    [InlineData(302, 502)]
    public async Task FailureOfEveryCandidate_IsOneErrorOfOurs(int upstream, int expected)
    {
        await using var provider = await FakeProvider.StartAsync(Answers.OpenAiError(upstream));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        ((int)response.StatusCode).ShouldBe(expected);
        (await response.JsonAsync())["error"]!["type"]!.GetValue<string>().ShouldBe("api_error");
        (await gateway.SettledAsync()).Settled.ShouldBe(0);
    }

    [Fact]
    public async Task NobodyListens_Is502()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI("http://127.0.0.1:1/v1")));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
    }

    [Fact]
    public async Task NoFirstByteInTime_Is504()
    {
        await using var provider = await FakeProvider.StartAsync(Answers.Never());
        await using var gateway = await GatewayUnderTest.StartAsync(
            TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl) with { Timeouts = new() { FirstByteMilliseconds = 50 } }));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        response.StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
        (await response.JsonAsync())["error"]!["code"]!.GetValue<string>().ShouldBe("upstream_timeout");
    }

    [Fact]
    public async Task FirstTargetFails_SecondAnswers()
    {
        await using var bad = await FakeProvider.StartAsync(Answers.OpenAiError(500));
        await using var good = await FakeProvider.StartAsync();
        await using var gateway = await GatewayUnderTest.StartAsync(
            TestConfig.Route("m", TestConfig.OpenAI(bad.BaseUrl, "bad"), TestConfig.OpenAI(good.BaseUrl, "good") with { Priority = 1 }));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Header("x-litellm-model-id").ShouldBe("default/route-m/good");
        response.Header("x-litellm-attempted-retries").ShouldBe("1");
        good.Calls.Single().BodyText.ShouldBe(bad.Calls.Single().BodyText);
    }

    [Fact]
    public async Task RouteFails_FallbackAnswersUnderItsOwnName()
    {
        await using var bad = await FakeProvider.StartAsync(Answers.OpenAiError(503));
        await using var good = await FakeProvider.StartAsync();
        await using var gateway = await GatewayUnderTest.StartAsync(
            TestConfig.Route("m", TestConfig.OpenAI(bad.BaseUrl)) with { Fallbacks = ["other"] },
            TestConfig.Route("other", TestConfig.OpenAI(good.BaseUrl) with { UpstreamModel = null }));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Header("x-litellm-attempted-fallbacks").ShouldBe("1");
        good.Calls.Single().Json["model"]!.GetValue<string>().ShouldBe("other");
    }

    [Fact]
    public async Task FallbackThatTheKeyMayNotUse_IsNotTried()
    {
        await using var bad = await FakeProvider.StartAsync(Answers.OpenAiError(503));
        await using var good = await FakeProvider.StartAsync();
        var config = TestConfig.Of(
            TestConfig.Route("m", TestConfig.OpenAI(bad.BaseUrl)) with { Fallbacks = ["other"] },
            TestConfig.Route("other", TestConfig.OpenAI(good.BaseUrl)));
        await using var gateway = await GatewayUnderTest.StartAsync(
            config with { Keys = [TestConfig.KeyOf("key", GatewayUnderTest.Key) with { Models = ["m"] }] });

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        good.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task ReasonThatIsNotRetried_LeavesTheOtherTargetsAlone()
    {
        await using var bad = await FakeProvider.StartAsync(Answers.OpenAiError(500));
        await using var other = await FakeProvider.StartAsync();
        var route = TestConfig.Route("m", TestConfig.OpenAI(bad.BaseUrl), TestConfig.OpenAI(other.BaseUrl, "other") with { Priority = 1 });
        await using var gateway = await GatewayUnderTest.StartAsync(
            route with { Retry = new() { Attempts = 3, On = [RetryReason.RateLimited] } });

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        other.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task TargetThatKeepsFailing_IsTriedLast()
    {
        await using var bad = await FakeProvider.StartAsync(Answers.OpenAiError(429, "full", "rate_limit_error", ("retry-after", "60")));
        await using var good = await FakeProvider.StartAsync();
        await using var gateway = await GatewayUnderTest.StartAsync(
            TestConfig.Route("m", TestConfig.OpenAI(bad.BaseUrl, "bad"), TestConfig.OpenAI(good.BaseUrl, "good") with { Priority = 1 }));

        for (var i = 0; i < 3; i++)
        {
            using var response = await gateway.PostAsync("/v1/chat/completions", Body);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        bad.Calls.Length.ShouldBe(1);
        good.Calls.Length.ShouldBe(3);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task StreamBreaksBeforeContent_AnotherTargetAnswers(int eventsSent)
    {
        var answer = new OpenAiAnswer();
        await using var bad = await FakeProvider.StartAsync(Answers.EventsThen(answer.ToChatEvents().Take(eventsSent), StreamEnd.Reset));
        await using var good = await FakeProvider.StartAsync(Answers.OpenAi(answer));
        await using var gateway = await GatewayUnderTest.StartAsync(
            TestConfig.Route("m", TestConfig.OpenAI(bad.BaseUrl, "bad"), TestConfig.OpenAI(good.BaseUrl, "good") with { Priority = 1 }));

        using var response = await gateway.PostAsync("/v1/chat/completions", StreamBody);

        response.Header("x-litellm-model-id").ShouldBe("default/route-m/good");
        (await response.TextAsync()).ShouldEndWith("data: [DONE]\n\n");
    }

    [Theory]
    [InlineData(StreamEnd.Reset)]
    [InlineData(StreamEnd.HangUp)]
    [InlineData(StreamEnd.Complete)]
    public async Task StreamBreaksAfterContent_EndsWithAnErrorAndWithoutDone(StreamEnd end)
    {
        var events = new OpenAiAnswer().ToChatEvents().Take(3).ToArray();
        await using var bad = await FakeProvider.StartAsync(Answers.EventsThen(events, end));
        await using var good = await FakeProvider.StartAsync();
        await using var gateway = await GatewayUnderTest.StartAsync(
            TestConfig.Route("m", TestConfig.OpenAI(bad.BaseUrl, "bad"), TestConfig.OpenAI(good.BaseUrl, "good") with { Priority = 1 }));

        using var response = await gateway.PostAsync("/v1/chat/completions", StreamBody);
        var text = await response.TextAsync();

        text.ShouldStartWith(string.Concat(events));
        text[string.Concat(events).Length..].ShouldStartWith("data: {\"error\":{");
        text.ShouldNotContain("[DONE]");
        good.Calls.ShouldBeEmpty();
        (await gateway.SettledAsync()).Settled.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task StreamFallsSilentAfterContent_EndsWithATimeoutError()
    {
        await using var provider = await FakeProvider.StartAsync(
            Answers.EventsThen(new OpenAiAnswer().ToChatEvents().Take(3), StreamEnd.Stall));
        await using var gateway = await GatewayUnderTest.StartAsync(
            TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl) with { Timeouts = new() { IdleMilliseconds = 50 } }));

        using var response = await gateway.PostAsync("/v1/chat/completions", StreamBody);

        (await response.TextAsync()).ShouldContain("upstream_timeout");
        await provider.Calls.Single().ClientGone.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task ErrorEventInsideTheStream_IsPassedOnAsOneErrorWithoutDone()
    {
        string[] events = [
            .. new OpenAiAnswer().ToChatEvents().Take(3),
            "data: {\"error\":{\"message\":\"overloaded upstream-secret\",\"type\":\"server_error\"}}\n\n",
            "data: [DONE]\n\n",
        ];
        await using var provider = await FakeProvider.StartAsync(call => call.EventsAsync(events));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", StreamBody);
        var text = await response.TextAsync();

        text.ShouldContain("overloaded ***");
        text.Split("\"error\"").Length.ShouldBe(2);
        text.ShouldNotContain("[DONE]");
    }

    [Fact]
    public async Task UnstreamedAnswerBreaks_AnotherTargetAnswers()
    {
        await using var bad = await FakeProvider.StartAsync(Answers.CutJson(new OpenAiAnswer().ToChatJson(), 40));
        await using var good = await FakeProvider.StartAsync();
        await using var gateway = await GatewayUnderTest.StartAsync(
            TestConfig.Route("m", TestConfig.OpenAI(bad.BaseUrl, "bad"), TestConfig.OpenAI(good.BaseUrl, "good") with { Priority = 1 }));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Header("x-litellm-model-id").ShouldBe("default/route-m/good");
    }

    [Fact]
    public async Task ClientLeavesAStream_UpstreamIsCancelledAndItIsCharged()
    {
        await using var provider = await FakeProvider.StartAsync(
            Answers.EventsThen(new OpenAiAnswer().ToChatEvents().Take(3), StreamEnd.Stall));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using (var response = await gateway.PostAsync("/v1/chat/completions", StreamBody))
        {
            await using var stream = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
            (await stream.ReadAsync(new byte[16], TestContext.Current.CancellationToken)).ShouldBeGreaterThan(0);
        }

        await provider.Calls.Single().ClientGone.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        (await gateway.SettledAsync()).Settled.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task ClientLeavesAnUnstreamedCallOnAPricedTarget_TheTrueUsageIsCharged()
    {
        var release = new TaskCompletionSource();
        await using var provider = await FakeProvider.StartAsync(async call =>
        {
            await release.Task;
            await call.JsonAsync(new OpenAiAnswer { PromptTokens = 1000, CompletionTokens = 0 }.ToChatJson());
        });
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));
        using var leaves = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, gateway.Url + "/v1/chat/completions")
        {
            Content = new StringContent(Body, System.Text.Encoding.UTF8, "application/json"),
        };
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + GatewayUnderTest.Key);

        var call = gateway.Client.SendAsync(request, leaves.Token);
        await provider.NextCallAsync(TestContext.Current.CancellationToken);
        await leaves.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(call);
        release.SetResult();

        (await gateway.SettledAsync()).Settled.ShouldBe(0.001m);
    }

    [Fact]
    public async Task ForeignRoutingField_IsRefusedForCompatibleProviders()
    {
        await using var provider = await FakeProvider.StartAsync();
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", """{"model":"m","models":["dear/one"],"messages":[]}""");

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        provider.Calls.ShouldBeEmpty();
    }

    /// <summary>Names and numbers that all lead to this machine, as URLs, resolvers and sockets understand them.</summary>
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.1")]
    [InlineData("2130706433")]
    [InlineData("0x7f000001")]
    [InlineData("0177.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("0")]
    [InlineData("localhost")]
    [InlineData("[::1]")]
    [InlineData("[::]")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("[::127.0.0.1]")]
    [InlineData("[64:ff9b::7f00:1]")]
    public async Task UpstreamOnLoopback_IsRefusedWhereLoopbackIsNotAllowed(string host)
    {
        await using var provider = await FakeProvider.StartAsync();
        var url = $"http://{host}:{new Uri(provider.Url).Port}/v1";
        await using var gateway = await GatewayUnderTest.StartAsync(
            TestConfig.Of(TestConfig.Route("m", TestConfig.OpenAI(url))), allowLoopback: false);

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await response.JsonAsync())["error"]!["code"]!.GetValue<string>().ShouldBe("upstream_not_allowed");
        provider.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task HostThatTheGatewayDoesNotAllow_IsNotCalledAndAnotherTargetAnswers()
    {
        await using var provider = await FakeProvider.StartAsync();
        await using var other = await FakeProvider.StartAsync();
        var route = TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl));
        var two = TestConfig.Route(
            "two",
            TestConfig.OpenAI(provider.BaseUrl),
            TestConfig.OpenAI(other.BaseUrl.Replace("127.0.0.1", "localhost", StringComparison.Ordinal), "other") with { Priority = 1 });
        await using var gateway = await GatewayUnderTest.StartAsync(
            TestConfig.Of(route, two) with { Settings = new() { AllowedUpstreamHosts = ["localhost", "*.example.com"] } });

        using var refused = await gateway.PostAsync("/v1/chat/completions", Body);
        using var answered = await gateway.PostAsync("/v1/chat/completions", Body.Replace("\"m\"", "\"two\"", StringComparison.Ordinal));

        refused.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        var error = (await refused.JsonAsync())["error"]!;
        error["code"]!.GetValue<string>().ShouldBe("upstream_not_allowed");
        error["message"]!.GetValue<string>().ShouldContain("allowedUpstreamHosts");
        answered.StatusCode.ShouldBe(HttpStatusCode.OK);
        provider.Calls.ShouldBeEmpty();
        other.Calls.ShouldHaveSingleItem();
    }
}
