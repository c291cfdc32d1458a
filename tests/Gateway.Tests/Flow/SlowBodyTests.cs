using System.Net.Sockets;
using System.Text;
using Gateway.Contract;

namespace Gateway.Tests.Flow;

/// <summary>A class of its own: it runs beside the others while it waits out the grace that slow bodies have.</summary>
public sealed class SlowBodyTests
{
    [Fact]
    public async Task BodyThatNeverEnds_Is408AndFreesItsMemoryAndCostsNothing()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(
            TestConfig.Route("sim", new TargetConfig { Name = "sim", Provider = Provider.Simulated, Price = "price" }));
        var uri = new Uri(gateway.Url);
        using var client = new TcpClient();
        await client.ConnectAsync(uri.Host, uri.Port, TestContext.Current.CancellationToken);
        await using var stream = client.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"POST /v1/messages HTTP/1.1\r\nHost: a\r\nx-api-key: {GatewayUnderTest.Key}\r\nContent-Type: application/json\r\n"
                    + $"Content-Length: 30000000\r\n\r\n{{\"model\""),
            TestContext.Current.CancellationToken);

        using var reader = new StreamReader(stream, Encoding.Latin1);
        var answer = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);

        answer.ShouldStartWith("HTTP/1.1 408");
        answer.ShouldContain("{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\"");
        (await gateway.MetricsAsync()).ShouldContain("llm_gateway_body_memory_bytes 0\n");
        (await gateway.SettledAsync()).Settled.ShouldBe(0);
    }
}
