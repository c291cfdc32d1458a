using System.Text.Json.Nodes;
using Gateway.Contract;
using Operator.Api;
using Operator.Kubernetes;
using Operator.Push;
using Operator.Reconcile;
using Operator.Tests.Kubernetes;

namespace Operator.Tests.Push;

/// <summary>The durable copy of one gateway in a namespace of its own.</summary>
internal sealed class DurableSetup : IAsyncDisposable
{
    private DurableSetup(TestCluster cluster, LlmGateway gateway)
    {
        Cluster = cluster;
        Gateway = gateway;
    }

    public TestCluster Cluster { get; }

    public LlmGateway Gateway { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The gateway exists, as far as the server knows the kind: a garbage collector would take what belongs to nobody.</summary>
    public static async Task<DurableSetup> StartAsync(string server = "double")
    {
        var cluster = await TestCluster.StartAsync(server);
        var gateway = new LlmGateway { Metadata = new() { Name = "main", Namespace = cluster.Namespace }, Spec = new() };
        var made = await cluster.Client.CreateAsync(ResourceTypes.LlmGateways, gateway, Cancellation);
        return new(cluster, made.Value ?? gateway with { Metadata = gateway.Metadata with { Uid = Guid.NewGuid().ToString() } });
    }

    /// <summary>A count as an operator has it that has just started.</summary>
    public ClusterRevisions Revisions() => new(new(Cluster.Client, Gateway), () => true, _ => Task.FromResult(true));

    /// <summary>A copy as an operator has it that has just started.</summary>
    public DurableCopy Copy() => new(Cluster.Client, new(Cluster.Client, Gateway), Gateway);

    public StampedConfig Config(long revision, string? salt = null) => new(
        new()
        {
            SchemaVersion = ConfigSnapshot.CurrentSchemaVersion,
            Gateway = Gateway.Metadata.Uid,
            Revision = 0,
            Hash = "",
            Object = Gateway.Reference(),
            Settings = new(),
            Credentials = [new() { Name = "c", Value = salt ?? $"secret of {revision}" }],
        },
        revision);

    public async Task<Secret?> FindAsync(string name) =>
        (await Cluster.Client.GetAsync(ResourceTypes.Secrets, Cluster.Key(name), Cancellation)).Value;

    /// <summary>As somebody would by hand.</summary>
    public async Task EditAsync(string name, string key, byte[] value)
    {
        var patch = new JsonObject { ["data"] = new JsonObject { [key] = Convert.ToBase64String(value) } };
        (await Cluster.Client.PatchAsync(ResourceTypes.Secrets, Cluster.Key(name), patch, new() { FieldManager = "hand" }, Cancellation))
            .Failure.ShouldBeNull();
    }

    public async Task DeleteAsync(string name) =>
        (await Cluster.Client.DeleteAsync(ResourceTypes.Secrets, Cluster.Key(name), new(), Cancellation)).ShouldBeNull();

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}
