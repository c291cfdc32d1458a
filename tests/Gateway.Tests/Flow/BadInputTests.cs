using System.Net;
using System.Net.Sockets;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Contract;
using Gateway.Server.Endpoints;
using Support.FakeProviders;

namespace Gateway.Tests.Flow;

/// <summary>What strangers send: the right status and a clear message, no crash, no leak, nothing charged.</summary>
public sealed class BadInputTests
{
    private const string Good =
        """{"model":"sim","stream":false,"stream_options":{"include_usage":true},"max_tokens":16,"n":1,"user":"u","messages":["""
            + """{"role":"user","content":"hi \u00e4"}]}""";

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"model":"sim"} {}""")]
    [InlineData("""{"model":"sim",}""")]
    [InlineData("""{"model":"sim" "stream":true}""")]
    [InlineData("""{"model":1}""")]
    [InlineData("""{"model":null}""")]
    [InlineData("""{"model":""}""")]
    [InlineData("""{"model":["sim"]}""")]
    [InlineData("""{"model":"sim","model":"other"}""")]
    [InlineData("""{"model":"sim","Model":"other"}""")]
    [InlineData("""{"model":"sim","STREAM":true}""")]
    [InlineData("""{"model":"sim","m\u006fdel":"other"}""")]
    [InlineData("""{"model":"sim","stream":"true"}""")]
    [InlineData("""{"model":"sim","stream":1}""")]
    [InlineData("""{"model":"sim","stream_options":[]}""")]
    [InlineData("""{"model":"sim","stream_options":{"include_usage":1}}""")]
    [InlineData("""{"model":"sim","stream_options":{"include_usage":true,"include_usage":false}}""")]
    [InlineData("""{"model":"sim","max_tokens":-1}""")]
    [InlineData("""{"model":"sim","max_tokens":0}""")]
    [InlineData("""{"model":"sim","max_tokens":1.5}""")]
    [InlineData("""{"model":"sim","max_tokens":"5"}""")]
    [InlineData("""{"model":"sim","max_tokens":99999999999999999999}""")]
    [InlineData("""{"model":"sim","n":0}""")]
    [InlineData("""{"model":"sim","n":1000000}""")]
    [InlineData("""{"model":"\ud800"}""")]
    public async Task MalformedBody_Is400AndNothingIsCharged(string body)
    {
        await using var gateway = await StartAsync();

        using var response = await gateway.PostAsync("/v1/chat/completions", body);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var error = (await response.JsonAsync())["error"]!;
        error["type"]!.GetValue<string>().ShouldBe("invalid_request_error");
        error["message"]!.GetValue<string>().ShouldNotBeNullOrWhiteSpace();
        (await gateway.SettledAsync()).Settled.ShouldBe(0);
    }

    [Theory]
    [InlineData(Provider.Anthropic, "/v1/chat/completions", "/v1/messages")]
    [InlineData(Provider.Anthropic, "/v1/embeddings", "/v1/messages")]
    [InlineData(Provider.OpenAI, "/v1/messages", "/v1/chat/completions")]
    public async Task A_model_that_an_endpoint_does_not_reach_is_refused_with_the_name_of_one_that_does(
        Provider provider, string path, string other)
    {
        var target = TestConfig.OpenAI("http://127.0.0.1:9") with { Provider = provider };
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", target));

        using var response = await gateway.PostAsync(
            path, """{"model":"m","max_tokens":9,"input":"hi","messages":[{"role":"user","content":"hi"}]}""");

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.JsonAsync())["error"]!["message"]!.GetValue<string>().ShouldEndWith($"it answers `{other}`.");
    }

    [Fact]
    public async Task NestedTooDeep_Is400()
    {
        await using var gateway = await StartAsync();
        var deep = new string('[', 100_000) + new string(']', 100_000);

        using var response = await gateway.PostAsync("/v1/chat/completions", $$"""{"model":"sim","messages":{{deep}}}""");

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task BodyOverTheLimit_Is413(bool isChunked)
    {
        await using var gateway = await StartAsync(c => c with { Settings = c.Settings with { MaxBodyBytes = 1000 } });
        using var request = new HttpRequestMessage(HttpMethod.Post, gateway.Url + "/v1/messages")
        {
            Content = new StringContent($$"""{"model":"sim","messages":"{{new string('x', 2000)}}"}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.TransferEncodingChunked = isChunked;
        request.Headers.TryAddWithoutValidation("x-api-key", GatewayUnderTest.Key);

        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await response.JsonAsync())["error"]!["type"]!.GetValue<string>().ShouldBe("request_too_large");
    }

    [Theory]
    [InlineData("gzip", "application/json", HttpStatusCode.UnsupportedMediaType)]
    [InlineData(null, "text/html", HttpStatusCode.UnsupportedMediaType)]
    [InlineData(null, "multipart/form-data; boundary=x", HttpStatusCode.UnsupportedMediaType)]
    [InlineData(null, "application/json; charset=utf-8", HttpStatusCode.OK)]
    [InlineData(null, "application/vnd.acme+json", HttpStatusCode.OK)]
    public async Task EncodingOrType_IsTakenOrRefusedAs415(string? encoding, string type, HttpStatusCode expected)
    {
        await using var gateway = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, gateway.Url + "/v1/chat/completions")
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(Good)),
        };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        if (encoding is not null)
            request.Content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + GatewayUnderTest.Key);

        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(expected);
    }

    [Theory]
    [InlineData("GET", "/v1/chat/completions", 405)]
    [InlineData("DELETE", "/v1/models", 405)]
    [InlineData("POST", "/v1/models", 405)]
    [InlineData("GET", "/nothing/here", 404)]
    [InlineData("GET", "/config/status", 404)]
    [InlineData("GET", "/metrics", 404)]
    [InlineData("PUT", "/config", 404)]
    [InlineData("HEAD", "/", 200)]
    [InlineData("GET", "/health/liveliness", 200)]
    [InlineData("GET", "/v1/models/../../config", 404)]
    public async Task PathOrMethod_GetsItsStatus(string method, string path, int expected)
    {
        await using var gateway = await StartAsync();

        using var response = await gateway.SendAsync(new HttpMethod(method), path, null);

        ((int)response.StatusCode).ShouldBe(expected);
    }

    [Theory]
    [InlineData(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            + "GET / HTTP/1.1\r\n\r\n")]
    [InlineData("POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345")]
    [InlineData("POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n")]
    [InlineData("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("nonsense\r\n\r\n")]
    public async Task SmugglingOrNonsense_IsRefusedOnceAndTheConnectionEnds(string request)
    {
        await using var gateway = await StartAsync();

        var answer = await RawAsync(gateway, request);

        answer.Split("HTTP/1.1 ").Length.ShouldBeLessThanOrEqualTo(2);
        answer.ShouldNotContain("200 OK");
        answer.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task HeadersTooLarge_Are431()
    {
        await using var gateway = await StartAsync();

        // Little more than the limit of 32 KiB: what a server leaves unread makes TCP reset the connection, and the answer may be lost.
        var answer = await RawAsync(gateway, $"GET / HTTP/1.1\r\nHost: a\r\nX: {new string('x', 33_000)}\r\n\r\n");

        if (answer.Length > 0)
            answer.ShouldStartWith("HTTP/1.1 431");
        using var response = await gateway.PostAsync("/v1/chat/completions", Good);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task BodyEndsEarly_NothingIsSentUpstreamAndTheGatewayServesOn()
    {
        await using var gateway = await StartAsync();

        await RawAsync(
            gateway,
            $"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {GatewayUnderTest.Key}\r\n"
                + $"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{\"model\"");

        using var response = await gateway.PostAsync("/v1/chat/completions", Good);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await gateway.SettledAsync()).Settled.ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData("ZZ\r\n{}\r\n0\r\n\r\n")]
    [InlineData("-1\r\n{}\r\n0\r\n\r\n")]
    [InlineData("FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n")]
    [InlineData("2\r\n{}0\r\n\r\n")]
    public async Task BrokenChunks_Are400AndTheConnectionEndsAndNothingIsCharged(string chunks)
    {
        await using var gateway = await StartAsync();

        var answer = await RawAsync(
            gateway,
            $"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {GatewayUnderTest.Key}\r\n"
                + $"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}",
            hangsUp: false);

        answer.ShouldStartWith("HTTP/1.1 400");
        (await gateway.SettledAsync()).Settled.ShouldBe(0);
        (await gateway.MetricsAsync()).ShouldContain("llm_gateway_body_memory_bytes 0\n");
    }

    [Fact]
    public async Task TooManyHeaders_Are431()
    {
        await using var gateway = await StartAsync();

        var answer = await RawAsync(
            gateway, $"GET / HTTP/1.1\r\nHost: a\r\n{string.Concat(Enumerable.Range(0, 200).Select(i => $"x-{i}: a\r\n"))}\r\n");

        if (answer.Length > 0)
            answer.ShouldStartWith("HTTP/1.1 431");
    }

    [Theory]
    [InlineData("user-agent: M\u00fcller/1.0")]
    [InlineData("anthropic-beta: \u4f60\u597d")]
    [InlineData("accept: ;;,=\u0001")]
    [InlineData("traceparent: {{}}\t\"")]
    [InlineData("openai-beta: ")]
    [InlineData("anthropic-version: a\r\nanthropic-version: b")]
    public async Task AbsurdHeader_PassesUpstreamOrStaysHereAndTheCallIsAnswered(string header)
    {
        await using var provider = await FakeProvider.StartAsync();
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("sim", TestConfig.OpenAI(provider.BaseUrl)));
        const string body = "{\"model\":\"sim\",\"messages\":[]}";
        var request =
            $"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {GatewayUnderTest.Key}\r\n{header}\r\n"
                + $"Content-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}";

        var answer = await RawAsync(gateway, request, hangsUp: false);

        answer.ShouldStartWith("HTTP/1.1 200");
        (await gateway.MetricsAsync()).ShouldContain("llm_gateway_target_cooling{target=\"default/route-sim/main\"} 0\n");
    }

    [Fact]
    public void AnyBytes_AreScannedWithoutAnException() =>
        Prop.ForAll(Bodies(), body =>
        {
            foreach (var operation in Enum.GetValues<Gateway.Server.Operation>())
            {
                var outcome = RequestScanner.Scan(operation, body);
                (outcome.Fields is null).ShouldNotBe(outcome.Error is null);
            }
        }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(10_000));

    [Fact]
    public async Task TwoThousandMutatedRequests_AreAnsweredAndNeverA5xx()
    {
        await using var gateway = await StartAsync();
        var bodies = Bodies().Generator.Sample(2_000, 50);

        await Parallel.ForEachAsync(bodies, TestContext.Current.CancellationToken, async (body, token) =>
        {
            using var request =
                new HttpRequestMessage(HttpMethod.Post, gateway.Url + "/v1/chat/completions") { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new("application/json");
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + GatewayUnderTest.Key);
            using var response = await gateway.Client.SendAsync(request, token);
            ((int)response.StatusCode).ShouldBeLessThan(500);
        });
    }

    /// <summary>Good bodies with bytes changed, cut out, doubled or put in: most go wrong somewhere else.</summary>
    private static Arbitrary<byte[]> Bodies()
    {
        var good = Encoding.UTF8.GetBytes(Good);
        var mutation =
            from at in Gen.Choose(0, good.Length - 1)
            from length in Gen.Choose(0, 12)
            from put in Gen.OneOf(
                Gen.Elements("\"", "{", "}", "[", "]", ",", ":", "null", "\\ud800", "\\", "\u0000", "1e999", "model", "Model", "\"n\":2,"),
                Gen.Choose(0, 255).Select(b => ((char)b).ToString()))
            select (At: at, Length: length, Put: Encoding.Latin1.GetBytes(put));
        return Gen.ListOf(mutation).Select(list => list.Aggregate(good, Apply)).ToArbitrary();
    }

    private static byte[] Apply(byte[] body, (int At, int Length, byte[] Put) change)
    {
        var at = Math.Min(change.At, body.Length);
        return [.. body[..at], .. change.Put, .. body[Math.Min(at + change.Length, body.Length)..]];
    }

    /// <summary>Sends the bytes, closes its half unless it waits for the gateway to close first, and reads to the end.</summary>
    private static async Task<string> RawAsync(GatewayUnderTest gateway, string request, bool hangsUp = true)
    {
        var uri = new Uri(gateway.Url);
        using var client = new TcpClient();
        await client.ConnectAsync(uri.Host, uri.Port, TestContext.Current.CancellationToken);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request), TestContext.Current.CancellationToken);
        if (hangsUp)
            client.Client.Shutdown(SocketShutdown.Send);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        try
        {
            return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        }
        catch (IOException)
        {
            // A reset instead of a close: the gateway has hung up on nonsense.
            return "";
        }
    }

    private static Task<GatewayUnderTest> StartAsync(Func<ConfigSnapshot, ConfigSnapshot>? change = null)
    {
        var config = TestConfig.Of(
            TestConfig.Route("sim", new TargetConfig { Name = "sim", Provider = Provider.Simulated, Price = "price" }));
        return GatewayUnderTest.StartAsync(change is null ? config : change(config));
    }
}
