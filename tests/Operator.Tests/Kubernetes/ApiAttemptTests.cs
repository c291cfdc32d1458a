using System.Collections.Concurrent;
using Operator.Api;
using Operator.Kubernetes;
using Support.ApiServer;

namespace Operator.Tests.Kubernetes;

/// <summary>What the connection tells of its requests, for <c>rest_client_requests_total</c>.</summary>
public sealed class ApiAttemptTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<ApiAttempt> _attempts = [];
    private FakeApiServer _server = null!;
    private ApiConnection _connection = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync();
        _connection = new(
            new() { Server = _server.Url }, TestCluster.Options with { Attempted = _attempts.Enqueue }, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        _connection.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Each_attempt_is_told_by_itself_with_its_code_method_and_host()
    {
        _server.Inject(new ApiFault.Answer(500), c => c.Verb == "get", times: 2);

        await GetAsync();

        var host = $"{_server.Url.Host}:{_server.Url.Port}";
        _attempts.ShouldBe([new("500", "GET", host), new("500", "GET", host), new("404", "GET", host)]);
    }

    [Fact]
    public async Task An_answer_that_never_comes_is_told_as_an_error()
    {
        _server.Inject(new ApiFault.LostAnswer(), c => c.Verb == "get");

        await GetAsync();

        _attempts.Select(a => a.Code).ShouldBe(["<error>", "404"]);
    }

    [Fact]
    public async Task A_watch_is_told_once_its_headers_are_there()
    {
        var client = new KubernetesClient(_connection, TimeProvider.System);
        var watch = await client.WatchAsync(
            ResourceTypes.Secrets, new() { Namespace = "default" }, new("", TimeSpan.FromMinutes(5)), Cancellation);

        _attempts.Select(a => (a.Code, a.Method)).ShouldBe([("200", "GET")]);
        await watch.Value.ShouldNotBeNull().DisposeAsync();
    }

    private Task<ApiOutcome<Secret>> GetAsync() =>
        new KubernetesClient(_connection, TimeProvider.System).GetAsync(ResourceTypes.Secrets, new("default", "none"), Cancellation);
}
