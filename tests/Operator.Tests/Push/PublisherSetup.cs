using Microsoft.Extensions.Logging.Abstractions;
using Operator.Push;

namespace Operator.Tests.Push;

/// <summary>A publisher with short pauses that knows the pods of a test.</summary>
internal sealed class PublisherSetup : IAsyncDisposable
{
    private readonly AdminClient _client;

    private PublisherSetup(FakeGateway gateway)
    {
        var options = new PublisherOptions
        {
            AntiEntropyInterval = TimeSpan.FromMilliseconds(20),
            Backoff = new(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(20), () => 0.5),
        };
        _client = new(() => gateway.Access, options.Timeout, TimeProvider.System);
        Publisher = new(_client, options, TimeProvider.System, NullLogger<ConfigPublisher>.Instance, _ => { });
    }

    public ConfigPublisher Publisher { get; }

    public static Task<PublisherSetup> OfAsync(FakeGateway gateway) => OfAsync(gateway, gateway.Pod);

    public static async Task<PublisherSetup> OfAsync(FakeGateway gateway, params PodEndpoint[] pods)
    {
        var setup = new PublisherSetup(gateway);
        await setup.Publisher.SetPodsAsync([.. pods]);
        return setup;
    }

    public Task WhenAsync(Func<PodState, bool> condition) => Poll.UntilAsync(() => Publisher.Pods.Any(condition));

    public async ValueTask DisposeAsync()
    {
        await Publisher.DisposeAsync();
        _client.Dispose();
    }
}
