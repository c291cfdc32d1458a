using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Operator.Api;
using Operator.Kubernetes;
using Operator.Tests.Kubernetes;
using Operator.Watch;

namespace Operator.Tests.Watch;

/// <summary>A cluster has thousands of Secrets that are nobody's here. Alone, because the memory of the process is measured.</summary>
[Collection(nameof(KeptMetadataTests))]
[CollectionDefinition(nameof(KeptMetadataTests), DisableParallelization = true)]
public sealed class KeptMetadataTests
{
    private const int Secrets = 2000;

    /// <summary>10,000 Secrets within 10 MiB.</summary>
    private const int MaxBytesPerSecret = 1024;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void A_secret_that_is_nobodys_here_costs_little_memory()
    {
        var page = Page();
        Store(page);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        var store = Store(page);

        var perSecret = (GC.GetTotalMemory(forceFullCollection: true) - before) / Secrets;
        TestContext.Current.SendDiagnosticMessage("{0} bytes per Secret", perSecret);
        store.Snapshot.Objects.Count.ShouldBe(Secrets);
        perSecret.ShouldBeLessThan(MaxBytesPerSecret);
        GC.KeepAlive(page);
    }

    [Fact]
    public async Task Listed_or_watched_a_secret_is_kept_with_its_version_and_our_owners_and_nothing_else()
    {
        await using var cluster = await TestCluster.StartAsync("double");
        cluster.Double!.Create("secrets", cluster.Namespace, Secret("listed", ResourceGroup.ApiVersion));
        var queue = new WorkQueue<ObjectKey>(TestCluster.Quick, TimeProvider.System);
        var options = new InformerOptions { Backoff = TestCluster.Quick, Random = () => 0 };
        var view = new ClusterView(cluster.Client, options, [], queue, TimeProvider.System, NullLogger.Instance);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var running = view.RunAsync(over.Token);
        await view.WaitForSyncAsync(Cancellation);

        cluster.Double.Create("secrets", cluster.Namespace, Secret("watched", "cert-manager.io/v1"));
        await Push.Poll.UntilAsync(() => view.Secrets.Snapshot.Objects.Count == 2);

        var listed = view.Secrets.Snapshot.Find(cluster.Key("listed"))!.Metadata;
        var watched = view.Secrets.Snapshot.Find(cluster.Key("watched"))!.Metadata;
        (listed.Uid, listed.ResourceVersion).ShouldNotBe(("", null));
        listed.OwnerReferences.ShouldHaveSingleItem().ShouldBe(
            new() { ApiVersion = ResourceGroup.ApiVersion, Kind = "Certificate", Name = "listed", Uid = "u", Controller = true });
        (listed.Labels.Count, listed.Annotations.Count).ShouldBe((0, 0));
        (watched.Labels.Count, watched.Annotations.Count, watched.OwnerReferences.Length).ShouldBe((0, 0, 0));

        await over.CancelAsync();
        await running;
    }

    private static ObjectStore<PartialObjectMetadata> Store(byte[] page)
    {
        var store = new ObjectStore<PartialObjectMetadata>();
        store.Replace(null, ObjectReader.ReadList<PartialObjectMetadata>(page, KeptMetadata.OfSecret).Value!);
        return store;
    }

    private static byte[] Page()
    {
        var items = Enumerable.Range(0, Secrets)
            .Select(i => Secret(string.Create(CultureInfo.InvariantCulture, $"unrelated-secret-{i:00000}"), "cert-manager.io/v1"));
        return JsonSerializer.SerializeToUtf8Bytes(new JsonObject
        {
            ["metadata"] = new JsonObject { ["resourceVersion"] = "1" },
            ["items"] = new JsonArray([.. items]),
        });
    }

    private static JsonObject Secret(string name, string owner) => new()
    {
        ["metadata"] = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = "somebody-elses-namespace",
            ["uid"] = "2f1c9a64-4b0e-4a0c-9d3c-3a5a8f1d7a11",
            ["resourceVersion"] = "123456789",
            ["labels"] = new JsonObject
            {
                ["app.kubernetes.io/name"] = "shop",
                ["app.kubernetes.io/instance"] = name,
                ["app.kubernetes.io/managed-by"] = "Helm",
            },
            ["annotations"] = new JsonObject
            {
                ["meta.helm.sh/release-name"] = name,
                ["kubectl.kubernetes.io/last-applied-configuration"] = new string('x', 2048),
            },
            ["ownerReferences"] = new JsonArray(new JsonObject
            {
                ["apiVersion"] = owner, ["kind"] = "Certificate", ["name"] = name, ["uid"] = "u", ["controller"] = true,
            }),
        },
    };
}
