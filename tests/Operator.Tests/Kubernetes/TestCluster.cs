using System.Collections.Immutable;
using System.Text;
using Operator.Api;
using Operator.Kubernetes;
using Support.ApiServer;

namespace Operator.Tests.Kubernetes;

/// <summary>
/// An API server to test against, with a namespace that only this test uses: the double, or a
/// <see cref="RealApiServer"/>.
/// </summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly ApiConnection _connection;

    private TestCluster(ClusterAccess access, FakeApiServer? @double, TimeProvider time)
    {
        Double = @double;
        _connection = new(access, Options, time);
        Client = new(_connection, time);
    }

    /// <summary>Hardly any pause between attempts.</summary>
    public static Backoff Quick { get; } = new(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(20), () => 0);

    public static KubernetesClientOptions Options { get; } = new() { Backoff = Quick };

    public KubernetesClient Client { get; }

    /// <summary>Null where the server is a real one.</summary>
    public FakeApiServer? Double { get; }

    public string Namespace { get; } = $"test-{Guid.NewGuid():N}"[..16];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<TestCluster> StartAsync(string server, TimeProvider? time = null)
    {
        var @double = server == "double" ? await FakeApiServer.StartAsync() : null;
        var access = @double is null ? await RealApiServer.AccessAsync() : new() { Server = @double.Url };
        var cluster = new TestCluster(access, @double, time ?? TimeProvider.System);
        (await cluster.Client.CreateAsync(ResourceTypes.Namespaces, new() { Metadata = new() { Name = cluster.Namespace } }, Cancellation))
            .Failure.ShouldBeNull();
        return cluster;
    }

    public ObjectKey Key(string name) => new(Namespace, name);

    public Secret Secret(string name, string value = "v", params (string Name, string Value)[] labels) => new()
    {
        Metadata = new()
        {
            Name = name,
            Namespace = Namespace,
            Labels = labels.ToImmutableSortedDictionary(l => l.Name, l => l.Value),
        },
        Data = ImmutableSortedDictionary<string, byte[]>.Empty.Add("key", Encoding.UTF8.GetBytes(value)),
    };

    public async Task<Secret> CreateSecretAsync(string name, string value = "v", params (string Name, string Value)[] labels) =>
        (await Client.CreateAsync(ResourceTypes.Secrets, Secret(name, value, labels), Cancellation)).Value.ShouldNotBeNull();

    public async ValueTask DisposeAsync()
    {
        if (Double is null)
            await Client.DeleteAsync(ResourceTypes.Namespaces, new("", Namespace), new(), CancellationToken.None);
        _connection.Dispose();
        if (Double is not null)
            await Double.DisposeAsync();
    }
}
