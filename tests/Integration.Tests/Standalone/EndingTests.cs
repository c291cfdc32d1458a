using System.Net;

namespace Integration.Tests.Standalone;

/// <summary>How the two processes end, each with and without warning, and what is there afterwards.</summary>
public sealed class EndingTests : IDisposable
{
    private readonly StandaloneFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_ends_both_processes_well_while_a_stream_is_open(string signal)
    {
        _folder.Edit("route-chat.yaml", "chunkMilliseconds: 20", "chunkMilliseconds: 5000");
        await using var child = await OperatorChild.ServeAsync(_folder);
        var gateway = child.GatewayId();
        var stream = child.CallAsync(
            "/v1/chat/completions", """{"model":"chat","stream":true,"messages":[{"role":"user","content":"hi"}]}""");

        await child.SignalAsync(signal);

        (await child.EndAsync()).ShouldBe(0, child.Errors);
        OperatorChild.IsRunning(gateway).ShouldBeFalse();
        (await stream).Body.ShouldNotContain("[DONE]");
    }

    [Fact]
    public async Task An_operator_that_is_killed_takes_its_gateway_with_it_and_the_next_one_serves()
    {
        await using (var child = await OperatorChild.ServeAsync(_folder))
        {
            var gateway = child.GatewayId();
            await child.SignalAsync("KILL");
            await child.UntilAsync(() => !OperatorChild.IsRunning(gateway));
        }

        await using var next = await OperatorChild.ServeAsync(_folder);
        (await next.ChatAsync("chat")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_gateway_that_is_killed_comes_back_with_its_config_and_spend()
    {
        await using var child = await OperatorChild.ServeAsync(_folder);
        (await child.ChatAsync("chat")).Status.ShouldBe(HttpStatusCode.OK);
        var spend = await child.SpendAsync();
        spend.ShouldBeGreaterThan(0);
        var gateway = child.GatewayId();

        await OperatorChild.SignalAsync(gateway, "KILL");
        await child.UntilSaidAsync("the gateway ended");

        await child.UntilAsync(async () => (await child.ChatAsync("unknown")).Status == HttpStatusCode.NotFound);
        (await child.SpendAsync()).ShouldBe(spend);
        (await child.ChatAsync("chat")).Status.ShouldBe(HttpStatusCode.OK);
        child.GatewayId().ShouldNotBe(gateway);
    }

    [Fact]
    public async Task Keys_and_spend_survive_a_restart()
    {
        string? key;
        decimal spend;
        await using (var child = await OperatorChild.ServeAsync(_folder))
        {
            (await child.ChatAsync("chat")).Status.ShouldBe(HttpStatusCode.OK);
            (key, spend) = (child.Key, await child.SpendAsync());
            spend.ShouldBeGreaterThan(0);
        }

        await using var next = await OperatorChild.ServeAsync(_folder);
        next.Key.ShouldBe(key);
        (await next.SpendAsync()).ShouldBe(spend);
    }
}
