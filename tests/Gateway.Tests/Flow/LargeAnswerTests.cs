using System.Net;
using Support.FakeProviders;

namespace Gateway.Tests.Flow;

/// <summary>Unstreamed answers over the 64 KiB that are held: they have begun when it shows whether they are whole.</summary>
public sealed class LargeAnswerTests
{
    private const string Body = """{"model":"m","messages":[{"role":"user","content":"hi"}]}""";
    private static readonly string s_text = new('x', 300_000);
    private static readonly string s_whole =
        $$$"""{"choices":[{"message":{"content":"{{{s_text}}}"}}],"usage":{"prompt_tokens":1000,"completion_tokens":100000}}""";

    [Fact]
    public async Task WholeAnswer_ArrivesByteForByteAndIsMetered()
    {
        await using var provider = await FakeProvider.StartAsync(Answers.Json(s_whole));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        (await response.TextAsync()).ShouldBe(s_whole);
        (await gateway.SettledAsync()).Settled.ShouldBe(0.201m);
    }

    [Theory]
    [InlineData("its connection is reset")]
    [InlineData("it ends before its end")]
    [InlineData("it goes on as no JSON")]
    public async Task AnswerThatBreaksOff_IsAbortedAndChargedByItsText(string how)
    {
        var taken = new TaskCompletionSource();
        var cut = s_whole.IndexOf("\"}}]", StringComparison.Ordinal);
        await using var provider = await FakeProvider.StartAsync(async call =>
        {
            await call.StartAsync(200, "application/json");
            await call.SendAsync(s_whole[..cut]);
            await taken.Task;
            if (how == "it goes on as no JSON")
                await call.SendAsync("\"<html>");
            else if (how == "its connection is reset")
                call.Reset();
        });
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);
        await using var stream = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        await stream.ReadExactlyAsync(new byte[cut], TestContext.Current.CancellationToken);
        taken.SetResult();

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        await Should.ThrowAsync<IOException>(stream.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken));
        (await gateway.LedgerRowAsync())["settlement"]!["status"]!.GetValue<string>().ShouldBe("Cut");
        (await gateway.SettledAsync()).Settled.ShouldBeGreaterThan(0.2m);
    }

    [Fact]
    public async Task CutAnswerUnderALengthThatFits_IsAborted()
    {
        await using var provider = await FakeProvider.StartAsync(Answers.Json(s_whole[..^1]));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        await Should.ThrowAsync<HttpRequestException>(response.TextAsync());
        (await gateway.SettledAsync()).Settled.ShouldBe(0.201m);
    }

    [Fact]
    public async Task LargePageInTheNameOfAnAnswer_AnotherTargetAnswers()
    {
        await using var bad = await FakeProvider.StartAsync(Answers.Json($"<html>{s_text}</html>"));
        await using var good = await FakeProvider.StartAsync(Answers.Json(s_whole));
        await using var gateway = await GatewayUnderTest.StartAsync(
            TestConfig.Route("m", TestConfig.OpenAI(bad.BaseUrl, "bad"), TestConfig.OpenAI(good.BaseUrl, "good") with { Priority = 1 }));

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        (await response.TextAsync()).ShouldBe(s_whole);
        (await gateway.SettledAsync()).Settled.ShouldBe(0.201m);
    }
}
