using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Operator.Hosting;
using Operator.Telemetry;
using Support;

namespace Operator.Tests.Hosting;

public sealed class HealthServerTests : IDisposable
{
    private static readonly HealthOptions s_free = new() { Metrics = new(IPAddress.Loopback, 0), Health = new(IPAddress.Loopback, 0) };

    private readonly OperatorMetrics _metrics = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private ImmutableArray<string> _unready = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _http.Dispose();
        _metrics.Dispose();
    }

    [Fact]
    public async Task Metrics_are_on_their_own_port_in_the_format_that_they_say()
    {
        await using var server = await StartAsync();

        using var reply = await _http.GetAsync(new Uri(server.MetricsUrl, "/metrics"), Cancellation);

        reply.StatusCode.ShouldBe(HttpStatusCode.OK);
        reply.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8");
        Exposition.Parse(await reply.Content.ReadAsStringAsync(Cancellation)).ShouldContainKey("controller_runtime_reconcile_total");
        reply.Headers.Contains("Server").ShouldBeFalse();
    }

    [Fact]
    public async Task What_belongs_to_the_other_port_is_not_found()
    {
        await using var server = await StartAsync();

        (await GetAsync(server.MetricsUrl, "/healthz")).Status.ShouldBe(404);
        (await GetAsync(server.MetricsUrl, "/readyz")).Status.ShouldBe(404);
        (await GetAsync(server.HealthUrl, "/metrics")).Status.ShouldBe(404);
        (await GetAsync(server.HealthUrl, "/")).Status.ShouldBe(404);
    }

    [Fact]
    public async Task Readiness_follows_the_reasons_and_names_each_while_liveness_does_not()
    {
        _unready = ["the caches are not filled yet", "CustomResourceDefinition missing:\nllmgateways"];
        await using var server = await StartAsync();

        (await GetAsync(server.HealthUrl, "/readyz"))
            .ShouldBe((503, "the caches are not filled yet\nCustomResourceDefinition missing: llmgateways\n"));
        (await GetAsync(server.HealthUrl, "/healthz")).ShouldBe((200, "ok\n"));

        _unready = [];
        (await GetAsync(server.HealthUrl, "/readyz")).ShouldBe((200, "ok\n"));
    }

    [Fact]
    public async Task A_body_that_is_sent_along_is_not_read()
    {
        await using var server = await StartAsync();

        using var reply = await _http.PostAsync(new Uri(server.HealthUrl, "/healthz"), new StringContent(new('x', 100_000)), Cancellation);

        reply.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("metrics")]
    [InlineData("health")]
    public async Task A_port_that_is_taken_is_told_in_one_line_and_leaves_no_other_open(string which)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var free = FreePort();
        var options = which == "metrics"
            ? new HealthOptions { Metrics = new(IPAddress.Loopback, port), Health = new(IPAddress.Loopback, free) }
            : new HealthOptions { Metrics = new(IPAddress.Loopback, free), Health = new(IPAddress.Loopback, port) };

        var problem = await Should.ThrowAsync<IOException>(StartAsync(options));

        problem.Message.ShouldBe($"cannot serve {which} on 127.0.0.1:{port}: Address already in use");
        using var again = new TcpListener(IPAddress.Loopback, free);
        again.Start();
    }

    [Fact]
    public async Task A_scrape_that_is_under_way_ends_before_the_server_does()
    {
        using var asked = new ManualResetEventSlim();
        using var answer = new ManualResetEventSlim();
        _metrics.ObserveLeadership("slow", () =>
        {
            asked.Set();
            answer.Wait(Cancellation);
            return true;
        });
        await using var server = await StartAsync();
        var scrape = Task.Run(() => GetAsync(server.MetricsUrl, "/metrics"), Cancellation);
        await Task.Run(() => asked.Wait(Cancellation), Cancellation);

        var stop = server.StopAsync(Cancellation);
        answer.Set();

        (await scrape).Body.ShouldContain("leader_election_master_status{name=\"slow\"} 1\n");
        await stop;
        await Should.ThrowAsync<HttpRequestException>(GetAsync(server.MetricsUrl, "/metrics"));
    }

    private async Task<(int Status, string Body)> GetAsync(Uri root, string path)
    {
        using var reply = await _http.GetAsync(new Uri(root, path), Cancellation);
        return ((int)reply.StatusCode, await reply.Content.ReadAsStringAsync(Cancellation));
    }

    private Task<HealthServer> StartAsync(HealthOptions? options = null) =>
        HealthServer.StartAsync(options ?? s_free, _metrics, () => _unready, NullLoggerFactory.Instance, Cancellation);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
