using System.Net;
using Support.FakeProviders;

namespace Gateway.Tests.Flow;

public sealed class ChatCompletionsTests
{
    private const string Body = """{"model":"m","messages":[{"role":"user","content":"hi"}],"an_unknown_field":{"a":[1,2.50]}}""";
    private const string StreamBody = """{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}""";

    [Fact]
    public async Task Unstreamed_AnswerIsPassedOnByteForByte()
    {
        var answer = new OpenAiAnswer();
        await using var provider = await FakeProvider.StartAsync(Answers.OpenAi(answer));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.TextAsync()).ShouldBe(answer.ToChatJson());
    }

    [Fact]
    public async Task Request_OnlyTheModelIsChanged()
    {
        await using var provider = await FakeProvider.StartAsync();
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        provider.Calls.Single().BodyText.ShouldBe(Body.Replace("\"m\"", "\"upstream-model\""));
    }

    [Fact]
    public async Task Request_CredentialsAreTheTargetsAndTheCallersStayHere()
    {
        await using var provider = await FakeProvider.StartAsync();
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync(
            "/v1/chat/completions?key=" + GatewayUnderTest.Key,
            Body,
            GatewayUnderTest.Key,
            ("x-api-key", GatewayUnderTest.Key),
            ("api-key", GatewayUnderTest.Key),
            ("cookie", "a=b"),
            ("x-forwarded-for", "10.0.0.1"),
            ("openai-organization", "org"),
            ("anthropic-workspace-id", "w"),
            ("openai-beta", "assistants=v2"));

        var call = provider.Calls.Single();
        call.Headers["authorization"].ShouldBe("Bearer upstream-secret");
        call.Headers["openai-beta"].ShouldBe("assistants=v2");
        call.Headers["accept-encoding"].ShouldBe("identity");
        call.Query.ShouldBeEmpty();
        string.Join('\n', call.Headers).ShouldNotContain(GatewayUnderTest.Key);
        call.Headers.Keys.ShouldNotContain("cookie");
        call.Headers.Keys.ShouldNotContain("x-forwarded-for");
        call.Headers.Keys.ShouldNotContain("openai-organization");
        call.Headers.Keys.ShouldNotContain("anthropic-workspace-id");
    }

    [Fact]
    public async Task Unstreamed_CostIsChargedAndTold()
    {
        await using var provider = await FakeProvider.StartAsync(
            Answers.OpenAi(new() { PromptTokens = 1000, CachedTokens = 400, CompletionTokens = 500, ReasoningTokens = 100 }));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        // 600 uncached at 1, 400 cached at 0.1, 500 out (reasoning inside) at 2, per million.
        response.Header("x-litellm-response-cost").ShouldBe("0.00164");
        response.Header("x-litellm-key-spend").ShouldBe("0.00164");
        (await gateway.SettledAsync()).Settled.ShouldBe(0.00164m);
    }

    [Fact]
    public async Task Stream_CostsWhatTheSameAnswerCostsUnstreamed()
    {
        await using var provider = await FakeProvider.StartAsync(
            Answers.OpenAi(new() { PromptTokens = 1000, CachedTokens = 400, CompletionTokens = 500 }));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", StreamBody);
        await response.TextAsync();

        (await gateway.SettledAsync()).Settled.ShouldBe(0.00164m);
    }

    [Fact]
    public async Task Stream_UsageWasNotAskedFor_UsageChunkIsTakenOut()
    {
        var answer = new OpenAiAnswer();
        await using var provider = await FakeProvider.StartAsync(Answers.OpenAi(answer));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", StreamBody);
        var text = await response.TextAsync();

        provider.Calls.Single().Json["stream_options"]!["include_usage"]!.GetValue<bool>().ShouldBeTrue();
        var events = answer.ToChatEvents();
        text.ShouldBe(string.Concat(events.Where(e => !e.Contains("\"choices\":[]", StringComparison.Ordinal))));
        text.ShouldEndWith("data: [DONE]\n\n");
    }

    [Theory]
    [InlineData("""{"include_usage":true}""", true)]
    [InlineData("""{"include_usage":false}""", false)]
    [InlineData("""{"include_obfuscation":false}""", false)]
    [InlineData("{}", false)]
    [InlineData("null", false)]
    public async Task Stream_OptionsAreGiven_UsageIsMeteredAndTheClientGetsWhatItAskedFor(string options, bool expectsUsage)
    {
        var answer = new OpenAiAnswer();
        await using var provider = await FakeProvider.StartAsync(Answers.OpenAi(answer));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync(
            "/v1/chat/completions",
            $$"""{"model":"m","stream":true,"stream_options":{{options}},"messages":[{"role":"user","content":"hi"}]}""");
        var text = await response.TextAsync();

        var sent = provider.Calls.Single().Json["stream_options"]!.AsObject();
        sent["include_usage"]!.GetValue<bool>().ShouldBeTrue();
        sent.ContainsKey("include_obfuscation").ShouldBe(options.Contains("obfuscation", StringComparison.Ordinal));
        text.Contains("\"choices\":[]", StringComparison.Ordinal).ShouldBe(expectsUsage);
        (await gateway.SettledAsync()).Settled.ShouldBe(0.000025m);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    public async Task Stream_CutAtAnyByteOnTheWire_ArrivesWhole(int pieceBytes)
    {
        var answer = new OpenAiAnswer { Text = "Grüße, 世界 🌍 and all the rest of it" };
        await using var provider = await FakeProvider.StartAsync(
            Answers.EventsInPieces(answer.ToChatEvents(includeUsage: true), pieceBytes));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync(
            "/v1/chat/completions", """{"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[]}""");

        (await response.TextAsync()).ShouldBe(string.Concat(answer.ToChatEvents(includeUsage: true)));
    }

    [Fact]
    public async Task Stream_HeadersTellNobodyToBuffer()
    {
        await using var provider = await FakeProvider.StartAsync();
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", StreamBody);

        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        response.Headers.CacheControl!.NoCache.ShouldBeTrue();
        response.Header("X-Accel-Buffering").ShouldBe("no");
    }

    [Fact]
    public async Task Response_ProviderHeadersArePrefixedAndTheAccountsStayHere()
    {
        await using var provider = await FakeProvider.StartAsync(Answers.Json(
            new OpenAiAnswer().ToChatJson(),
            200,
            ("openai-processing-ms", "12"),
            ("x-ratelimit-remaining-requests", "7"),
            ("set-cookie", "a=b"),
            ("alt-svc", "h3"),
            ("openai-organization", "acme")));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        response.Header("llm_provider-openai-processing-ms").ShouldBe("12");
        response.Header("x-ratelimit-remaining-requests").ShouldBeNull();
        response.Header("set-cookie").ShouldBeNull();
        response.Header("alt-svc").ShouldBeNull();
        response.Header("llm_provider-openai-organization").ShouldBeNull();
        response.Header("x-litellm-model-id").ShouldBe("default/route-m/main");
        response.Header("x-litellm-attempted-retries").ShouldBe("0");
        response.Header("x-request-id").ShouldBe(response.Header("x-litellm-call-id"));
        decimal.Parse(response.Header("x-gateway-overhead-ms")!, System.Globalization.CultureInfo.InvariantCulture)
            .ShouldBeGreaterThanOrEqualTo(0);
    }

    [Fact]
    public async Task AzurePath_ModelOfThePathWins()
    {
        await using var provider = await FakeProvider.StartAsync();
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.SendAsync(
            HttpMethod.Post,
            "/openai/deployments/m/chat/completions?api-version=2024-10-21",
            """{"messages":[{"role":"user","content":"hi"}]}""",
            key: null,
            ("api-key", GatewayUnderTest.Key));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        provider.Calls.Single().BodyText.ShouldBe("""{"model":"upstream-model","messages":[{"role":"user","content":"hi"}]}""");
    }

    [Fact]
    public async Task WildcardRoute_UpstreamNameIsWhatTheStarMatched()
    {
        await using var provider = await FakeProvider.StartAsync();
        await using var gateway = await GatewayUnderTest.StartAsync(
            TestConfig.Route("acme/*", TestConfig.OpenAI(provider.BaseUrl) with { UpstreamModel = "*" }));

        using var response = await gateway.PostAsync("/v1/chat/completions", """{"model":"acme/llama-3:8b","messages":[]}""");

        provider.Calls.Single().Json["model"]!.GetValue<string>().ShouldBe("llama-3:8b");
    }

    [Fact]
    public async Task CompressedAlthoughNobodyAsked_IsUnpackedAndMetered()
    {
        var answer = new OpenAiAnswer { PromptTokens = 1000, CompletionTokens = 0 };
        await using var provider = await FakeProvider.StartAsync(Answers.Gzip(answer.ToChatJson()));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        (await response.TextAsync()).ShouldBe(answer.ToChatJson());
        (await gateway.SettledAsync()).Settled.ShouldBe(0.001m);
    }

    [Fact]
    public async Task LargeAnswer_IsPassedOnAndMeteredAtItsEnd()
    {
        var answer = new OpenAiAnswer { Text = new string('x', 300_000), PromptTokens = 1000, CompletionTokens = 0 };
        await using var provider = await FakeProvider.StartAsync(Answers.OpenAi(answer));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        (await response.TextAsync()).ShouldBe(answer.ToChatJson());
        (await gateway.SettledAsync()).Settled.ShouldBe(0.001m);
    }
}
