using Support.Stores;

namespace Integration.Tests.Spend;

/// <summary>One Redis for a class of tests, each of which has a gateway of its own on it.</summary>
public sealed class SharedRedis : IAsyncLifetime
{
    public RedisServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await RedisServer.StartNewAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
