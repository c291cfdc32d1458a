using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Support.FakeProviders;

namespace Gateway.Tests.Providers;

/// <summary>Hundreds of tests believe the fake provider: it has to do on the wire what it says.</summary>
public sealed class FakeProviderTests : IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.Zero });

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Call_ChatUnstreamed_IsKeptAndAnswered()
    {
        await using var provider = await FakeProvider.StartAsync(Answers.OpenAi(new() { Text = "Hi", PromptTokens = 3 }));
        using var request = Post(provider, "/chat/completions?beta=true", """{"model":"m"}""");
        request.Headers.Add("x-one", ["a", "b"]);
        var answer = JsonNode.Parse(await (await SendAsync(request)).Content.ReadAsStringAsync(Token))!;

        ((string?)answer["choices"]![0]!["message"]!["content"]).ShouldBe("Hi");
        ((int)answer["usage"]!["prompt_tokens"]!).ShouldBe(3);
        var call = await provider.NextCallAsync(Token);
        (call.Method, call.Path, call.Query).ShouldBe(("POST", "/v1/chat/completions", "?beta=true"));
        call.Headers["X-One"].ShouldBe("a, b");
        ((string?)call.Json["model"]).ShouldBe("m");
        provider.Calls.ShouldBe([call]);
    }

    [Theory]
    [InlineData("/chat/completions", "{\"stream\":true,\"stream_options\":{\"include_usage\":true}}", "data: [DONE]\n\n")]
    [InlineData("/responses", "{\"stream\":true}", "\"sequence_number\":4}\n\n")]
    public async Task Call_OpenAiStream_EndsAsTheApiSays(string path, string body, string end)
    {
        await using var provider = await FakeProvider.StartAsync();
        using var request = Post(provider, path, body);
        var text = await (await SendAsync(request)).Content.ReadAsStringAsync(Token);
        text.ShouldEndWith(end);
    }

    [Fact]
    public async Task Call_AnthropicStream_HasTheApisOrder()
    {
        await using var provider = await FakeProvider.StartAsync(Answers.Anthropic(new() { Thinking = "Hm", ToolCalls = [new("f")] }));
        using var request = Post(provider, "/messages", """{"stream":true}""");
        var text = await (await SendAsync(request)).Content.ReadAsStringAsync(Token);
        var types = text.Split('\n').Where(l => l.StartsWith("event: ", StringComparison.Ordinal)).Select(l => l[7..]).ToArray();
        types[..3].ShouldBe(["message_start", "content_block_start", "ping"]);
        types[^2..].ShouldBe(["message_delta", "message_stop"]);
        types.Count(t => t == "content_block_start").ShouldBe(3);
        types.Count(t => t == "content_block_stop").ShouldBe(3);
    }

    [Fact]
    public async Task Answer_WaitsForAGate_SendsThePiecesBeforeItAtOnce()
    {
        var gate = new TaskCompletionSource();
        await using var provider = await FakeProvider.StartAsync(async call =>
        {
            await call.StartAsync(200, "text/event-stream");
            await call.SendAsync("data: 1\n\n");
            await gate.Task;
            await call.SendAsync("data: 2\n\n");
        });
        using var request = Post(provider, "/x");
        using var reader = new StreamReader(await (await SendAsync(request)).Content.ReadAsStreamAsync(Token));
        (await reader.ReadLineAsync(Token)).ShouldBe("data: 1");
        provider.Calls[0].Ended.IsCompleted.ShouldBeFalse();
        gate.SetResult();
        (await reader.ReadToEndAsync(Token)).ShouldBe("\ndata: 2\n\n");
    }

    [Theory]
    [InlineData(StreamEnd.Reset)]
    [InlineData(StreamEnd.HangUp)]
    public async Task Answer_BreaksOff_ClientGetsEveryByteBeforeAndThenAnError(StreamEnd end)
    {
        await using var provider = await FakeProvider.StartAsync(Answers.CutJson("0123456789", 7, end));
        using var request = Post(provider, "/x");
        await using var stream = await (await SendAsync(request)).Content.ReadAsStreamAsync(Token);
        var buffer = new byte[7];
        await stream.ReadExactlyAsync(buffer, Token);
        Encoding.ASCII.GetString(buffer).ShouldBe("0123456");
        await Should.ThrowAsync<IOException>(async () => await stream.ReadExactlyAsync(buffer, Token));
        provider.Calls[0].ClientGone.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Answer_ResetBeforeAnyByte_FailsTheCall()
    {
        await using var provider = await FakeProvider.StartAsync(Answers.Reset());
        using var request = Post(provider, "/x");
        await Should.ThrowAsync<HttpRequestException>(() => SendAsync(request));
    }

    [Fact]
    public async Task Answer_Raw_ReachesTheClientAsItIs()
    {
        await using var provider = await FakeProvider.StartAsync(async call =>
        {
            await call.RawAsync("HTTP/1.1 299 Odd\r\ncontent-length: 2\r\n\r\nhi");
            call.HangUp();
        });
        using var request = Post(provider, "/x");
        using var response = await SendAsync(request);
        ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Token)).ShouldBe((299, "hi"));
    }

    [Fact]
    public async Task Client_GoesAway_IsSeen()
    {
        await using var provider = await FakeProvider.StartAsync(Answers.HeadersThenNothing());
        using var request = Post(provider, "/x");
        var response = await SendAsync(request);
        var call = await provider.NextCallAsync(Token);
        call.ClientGone.IsCompleted.ShouldBeFalse();
        response.Dispose();
        await call.ClientGone.WaitAsync(TimeSpan.FromSeconds(30), Token);
        await call.Ended.WaitAsync(TimeSpan.FromSeconds(30), Token);
    }

    [Fact]
    public async Task Dispose_CallsAreOpen_ReturnsAndBreaksThem()
    {
        var provider = await FakeProvider.StartAsync(Answers.Never());
        using var request = Post(provider, "/x");
        var pending = SendAsync(request);
        await provider.NextCallAsync(Token);
        await provider.DisposeAsync();
        await Should.ThrowAsync<HttpRequestException>(() => pending);
    }

    [Fact]
    public async Task Answer_TheTestsCodeThrows_TellsTheCaller()
    {
        await using var provider = await FakeProvider.StartAsync(_ => throw new InvalidOperationException("oops"));
        using var request = Post(provider, "/x");
        using var response = await SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        (await response.Content.ReadAsStringAsync(Token)).ShouldContain("oops");
        provider.Calls[0].Failure.ShouldBeOfType<InvalidOperationException>();
    }

    [Fact]
    public async Task Answers_Large_HasThatManyBytes()
    {
        await using var provider = await FakeProvider.StartAsync(Answers.Large(1_000_003));
        using var request = Post(provider, "/x");
        (await (await SendAsync(request)).Content.ReadAsByteArrayAsync(Token)).Length.ShouldBe(1_000_003);
    }

    [Fact]
    public async Task Answers_EventsInPieces_JoinToTheSameBytes()
    {
        var events = new OpenAiAnswer { Text = "Grüße 👋 an alle" }.ToChatEvents();
        await using var provider = await FakeProvider.StartAsync(Answers.EventsInPieces(events, 1));
        using var request = Post(provider, "/x");
        (await (await SendAsync(request)).Content.ReadAsStringAsync(Token)).ShouldBe(string.Concat(events));
    }

    [Fact]
    public async Task Answers_InOrder_TheLastOneStays()
    {
        await using var provider = await FakeProvider.StartAsync(Answers.InOrder(Answers.Html(), Answers.Json("{}")));
        var statuses = new List<int>();
        for (var i = 0; i < 3; i++)
        {
            using var request = Post(provider, "/x");
            using var response = await SendAsync(request);
            statuses.Add((int)response.StatusCode);
        }

        statuses.ShouldBe([502, 200, 200]);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static HttpRequestMessage Post(FakeProvider provider, string path, string body = "{}") =>
        new(HttpMethod.Post, provider.BaseUrl + path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    private Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) =>
        _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
}
