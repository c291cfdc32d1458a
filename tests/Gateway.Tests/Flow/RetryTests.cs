using System.Globalization;
using System.Net;
using Gateway.Contract;
using Support.FakeProviders;

namespace Gateway.Tests.Flow;

/// <summary>When another attempt is made, and what a client learns of when to come again.</summary>
public sealed class RetryTests
{
    private const string Body = """{"model":"m","messages":[{"role":"user","content":"hi"}]}""";
    private const string StreamBody = """{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}""";
    private const string MessagesStream = """{"model":"m","stream":true,"max_tokens":50,"messages":[{"role":"user","content":"hi"}]}""";

    [Theory]
    [InlineData(401)]
    [InlineData(402)]
    [InlineData(403)]
    [InlineData(408)]
    [InlineData(425)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    [InlineData(529)]
    public async Task StatusThatAnotherTargetMayMend_GoesToIt(int status)
    {
        await using var bad = await FakeProvider.StartAsync(Answers.OpenAiError(status));
        await using var good = await FakeProvider.StartAsync();
        await using var gateway = await StartAsync(bad, good);

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Header("x-litellm-model-id").ShouldBe("default/route-m/good");
    }

    public static TheoryData<string, string, int> Waits => new()
    {
        { "retry-after", "17", 17 },
        { "retry-after-ms", "1500", 2 },
        { "retry-after-ms", "0", 1 },
        { "retry-after", "0", 1 },
        { "retry-after", "Thu, 01 Jan 1998 00:00:00 GMT", 1 },
    };

    [Theory]
    [MemberData(nameof(Waits))]
    public async Task UpstreamSaysWhenToComeAgain_TheClientIsToldInSeconds(string name, string value, int seconds)
    {
        await using var provider = await FakeProvider.StartAsync(
            Answers.OpenAiError(429, "slow down", "rate_limit_exceeded", (name, value)));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        response.Header("retry-after").ShouldBe(seconds.ToString(CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData(429, "/v1/chat/completions")]
    [InlineData(503, "/v1/chat/completions")]
    [InlineData(529, "/v1/messages")]
    public async Task UpstreamNamesADate_TheClientIsToldInSeconds(int status, string path)
    {
        var date = DateTimeOffset.UtcNow.AddSeconds(90).ToString("R", CultureInfo.InvariantCulture);
        await using var provider = await FakeProvider.StartAsync(Answers.OpenAiError(status, "slow down", "x", ("retry-after", date)));
        var target = path == "/v1/messages" ? TestConfig.Anthropic(provider.BaseUrl) : TestConfig.OpenAI(provider.BaseUrl);
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", target));

        using var response = await gateway.PostAsync(path, """{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}""");

        ((int)response.StatusCode).ShouldBe(status);
        response.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(30, 90);
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("-5")]
    [InlineData("99999999999999999999")]
    [InlineData(null)]
    public async Task BareRateLimit_StillLetsTheTargetCoolDown(string? retryAfter)
    {
        (string, string)[] headers = retryAfter is null ? [] : [("retry-after", retryAfter)];
        await using var bad = await FakeProvider.StartAsync(Answers.OpenAiError(429, "slow down", "rate_limit_exceeded", headers));
        await using var good = await FakeProvider.StartAsync();
        await using var gateway = await StartAsync(bad, good);

        for (var i = 0; i < 3; i++)
            (await gateway.PostAsync("/v1/chat/completions", Body)).Dispose();

        bad.Calls.Length.ShouldBe(1);
        good.Calls.Length.ShouldBe(3);
    }

    [Fact]
    public async Task OnlyTarget_IsAskedAsOftenAsTheRouteSays()
    {
        await using var provider = await FakeProvider.StartAsync(Answers.OpenAiError(429, "slow down", "x", ("retry-after-ms", "1")));
        var route = TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)) with { Retry = new() { Attempts = 2 } };
        await using var gateway = await GatewayUnderTest.StartAsync(route);

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        provider.Calls.Length.ShouldBe(3);
        response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        response.Header("x-litellm-attempted-retries").ShouldBe("2");
    }

    [Fact]
    public async Task UpstreamWantsMorePatienceThanAClientHas_IsNotAskedAgain()
    {
        await using var provider = await FakeProvider.StartAsync(Answers.OpenAiError(429, "slow down", "x", ("retry-after", "60")));
        var route = TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)) with { Retry = new() { Attempts = 2 } };
        await using var gateway = await GatewayUnderTest.StartAsync(route);

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        provider.Calls.Length.ShouldBe(1);
        response.Header("retry-after").ShouldBe("60");
    }

    [Theory]
    [InlineData("/v1/chat/completions", StreamBody, """data: {"error":{"message":"prompt too long","type":"invalid_request_error"}}""")]
    [InlineData(
        "/v1/messages",
        MessagesStream,
        """data: {"type":"error","error":{"type":"invalid_request_error","message":"prompt too long"}}""")]
    public async Task StreamThatSaysTheRequestIsInvalid_Is400AndGoesNowhereElse(string path, string body, string data)
    {
        await using var bad = await FakeProvider.StartAsync(call => call.EventsAsync([data + "\n\n"]));
        await using var other = await FakeProvider.StartAsync();
        Func<string, string, TargetConfig> target = path == "/v1/messages" ? TestConfig.Anthropic : TestConfig.OpenAI;
        await using var gateway = await GatewayUnderTest.StartAsync(
            TestConfig.Route("m", target(bad.BaseUrl, "bad"), target(other.BaseUrl, "good") with { Priority = 1 }));

        for (var i = 0; i < 4; i++)
        {
            using var response = await gateway.PostAsync(path, body);

            response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
            (await response.TextAsync()).ShouldContain("prompt too long");
        }

        // Nor does it speak against the target.
        bad.Calls.Length.ShouldBe(4);
        other.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task StreamFallsSilentBeforeContent_AnotherTargetAnswers()
    {
        await using var bad = await FakeProvider.StartAsync(Answers.EventsThen([new AnthropicAnswer().ToEvents()[0]], StreamEnd.Stall));
        await using var good = await FakeProvider.StartAsync(Answers.Anthropic());
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route(
            "m",
            TestConfig.Anthropic(bad.BaseUrl, "bad") with { Timeouts = new() { IdleMilliseconds = 100 } },
            TestConfig.Anthropic(good.BaseUrl, "good") with { Priority = 1 }));

        using var response = await gateway.PostAsync("/v1/messages", MessagesStream);

        (await response.TextAsync()).ShouldBe(string.Concat(new AnthropicAnswer().ToEvents()));
        await bad.Calls.Single().ClientGone.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public async Task PingsForEver_EndWithTheTotalTime(int eventsBefore)
    {
        var events = new AnthropicAnswer().ToEvents();
        await using var provider = await FakeProvider.StartAsync(async call =>
        {
            await call.EventsAsync(events.Take(eventsBefore));
            while (!call.ClientGone.IsCompleted)
            {
                await call.SendAsync("event: ping\ndata: {\"type\":\"ping\"}\n\n");
                await Task.WhenAny(call.ClientGone, Task.Delay(10, CancellationToken.None));
            }
        });
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route(
            "m", TestConfig.Anthropic(provider.BaseUrl) with { Timeouts = new() { TotalMilliseconds = 300, IdleMilliseconds = 200 } }));

        using var response = await gateway.PostAsync("/v1/messages", MessagesStream);
        var text = await response.TextAsync();

        response.StatusCode.ShouldBe(eventsBefore == 0 ? HttpStatusCode.GatewayTimeout : HttpStatusCode.OK);
        text.ShouldContain("timeout_error");
        text.ShouldNotContain("message_stop");
        await provider.Calls.Single().ClientGone.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task ClientLeavesAfterContent_IsChargedByTheLastReportAndTheText()
    {
        var events = new AnthropicAnswer { InputTokens = 1000, Text = new string('x', 3000) }.ToEvents().Take(4).ToArray();
        await using var provider = await FakeProvider.StartAsync(Answers.EventsThen(events, StreamEnd.Stall));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.Anthropic(provider.BaseUrl)));

        using (var response = await gateway.PostAsync("/v1/messages", MessagesStream))
        {
            await using var stream = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
            await stream.ReadExactlyAsync(new byte[string.Concat(events).Length], TestContext.Current.CancellationToken);
        }

        await provider.Calls.Single().ClientGone.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        (await gateway.SettledAsync()).Settled.ShouldBe(0.003m);
    }

    [Fact]
    public async Task RateLimitHeaders_AreTheKeysAndNotTheAccounts()
    {
        await using var provider = await FakeProvider.StartAsync(Answers.Json(
            new AnthropicAnswer().ToJson(),
            200,
            ("anthropic-ratelimit-requests-limit", "4000"),
            ("anthropic-ratelimit-input-tokens-remaining", "400000"),
            ("x-ratelimit-remaining-requests", "3999")));
        var config = TestConfig.Of(TestConfig.Route("m", TestConfig.Anthropic(provider.BaseUrl)));
        await using var gateway = await GatewayUnderTest.StartAsync(
            config with { Keys = [config.Keys[0] with { Limits = new() { RequestsPerMinute = 60, TokensPerMinute = 100_000 } }] });

        using var response = await gateway.PostAsync(
            "/v1/messages", """{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}""");

        response.Header("anthropic-ratelimit-requests-limit").ShouldBe("60");
        response.Header("x-ratelimit-limit-tokens").ShouldBe("100000");
        int.Parse(response.Header("anthropic-ratelimit-requests-remaining")!, CultureInfo.InvariantCulture).ShouldBeLessThan(60);
        DateTimeOffset.TryParseExact(
            response.Header("anthropic-ratelimit-tokens-reset"),
            "yyyy-MM-dd'T'HH:mm:ss'Z'",
            CultureInfo.InvariantCulture,
            DateTimeStyles.None,
            out _).ShouldBeTrue();
        response.Headers.Select(h => h.Value.First()).ShouldNotContain("4000");
        response.Header("anthropic-ratelimit-input-tokens-remaining").ShouldBeNull();
    }

    private static Task<GatewayUnderTest> StartAsync(FakeProvider bad, FakeProvider good) => GatewayUnderTest.StartAsync(
        TestConfig.Route("m", TestConfig.OpenAI(bad.BaseUrl, "bad"), TestConfig.OpenAI(good.BaseUrl, "good") with { Priority = 1 }));
}
