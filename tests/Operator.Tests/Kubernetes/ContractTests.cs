using System.Text.Json;
using System.Text.Json.Nodes;
using Operator.Api;
using Operator.Kubernetes;
using Operator.Watch;

namespace Operator.Tests.Kubernetes;

/// <summary>What the client relies on: the double and a real server must give the same answers.</summary>
public sealed class ContractTests
{
    private static readonly ResourceType<Ingress> s_ingresses = new() { ApiVersion = "networking.k8s.io/v1", Plural = "ingresses" };

    public static TheoryData<string> Servers => ["double", "real"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Servers))]
    public async Task An_object_that_was_made_is_read_as_it_was_written(string server)
    {
        await using var cluster = await TestCluster.StartAsync(server);

        var made = await cluster.CreateSecretAsync("a", "the value", ("app", "x"));
        var read = (await cluster.Client.GetAsync(ResourceTypes.Secrets, cluster.Key("a"), Cancellation)).Value.ShouldNotBeNull();

        read.Read("key").ShouldBe("the value");
        read.Metadata.Uid.ShouldNotBeEmpty();
        read.Metadata.Uid.ShouldBe(made.Metadata.Uid);
        read.Metadata.ResourceVersion.ShouldBe(made.Metadata.ResourceVersion);
        read.Metadata.CreationTimestamp.ShouldNotBeNull();
        read.Metadata.Labels["app"].ShouldBe("x");
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Failures_have_their_reasons(string server)
    {
        await using var cluster = await TestCluster.StartAsync(server);
        var secret = await cluster.CreateSecretAsync("a");
        var unknown = new ResourceType<PartialObjectMetadata> { ApiVersion = "nobody.example/v1", Plural = "things" };
        var elsewhere = cluster.Secret("a") with { Metadata = new() { Name = "a", Namespace = cluster.Namespace + "-not" } };

        (await cluster.Client.CreateAsync(ResourceTypes.Secrets, cluster.Secret("a"), Cancellation))
            .ShouldFailBy(ApiFailureReason.AlreadyExists);
        (await cluster.Client.GetAsync(ResourceTypes.Secrets, cluster.Key("b"), Cancellation)).ShouldFailBy(ApiFailureReason.NotFound);
        (await cluster.Client.GetAsync(unknown, cluster.Key("b"), Cancellation)).ShouldFailBy(ApiFailureReason.UnknownResource);
        (await cluster.Client.ListAsync(unknown, new(), Cancellation)).ShouldFailBy(ApiFailureReason.UnknownResource);
        (await cluster.Client.CreateAsync(ResourceTypes.Secrets, elsewhere, Cancellation)).ShouldFailBy(ApiFailureReason.NotFound);
        (await DeleteAsync(cluster, "b", new()))!.Reason.ShouldBe(ApiFailureReason.NotFound);
        (await DeleteAsync(cluster, "a", new() { Uid = "another" }))!.Reason.ShouldBe(ApiFailureReason.Conflict);
        (await DeleteAsync(cluster, "a", new() { ResourceVersion = "1" }))!.Reason.ShouldBe(ApiFailureReason.Conflict);
        (await DeleteAsync(cluster, "a", new() { Uid = secret.Metadata.Uid })).ShouldBeNull();
        (await cluster.Client.GetAsync(ResourceTypes.Secrets, cluster.Key("a"), Cancellation)).ShouldFailBy(ApiFailureReason.NotFound);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task A_list_in_pages_is_complete_and_selected(string server)
    {
        await using var cluster = await TestCluster.StartAsync(server);
        for (var i = 0; i < 7; i++)
            await cluster.CreateSecretAsync($"s-{i}", "v", ("even", i % 2 == 0 ? "yes" : "no"));
        var all = new ListRequest { Namespace = cluster.Namespace, PageSize = 3 };

        var listed = (await cluster.Client.ListAsync(ResourceTypes.Secrets, all, Cancellation)).Value.ShouldNotBeNull();
        var even = await cluster.Client.ListAsync(ResourceTypes.Secrets, all with { LabelSelector = "even=yes" }, Cancellation);
        var one = await cluster.Client.ListAsync(ResourceTypes.Secrets, all with { FieldSelector = "metadata.name=s-3" }, Cancellation);
        var version = await cluster.Client.VersionAsync(ResourceTypes.Secrets, all, Cancellation);

        listed.Items.Select(s => s.Metadata.Name).ShouldBe(["s-0", "s-1", "s-2", "s-3", "s-4", "s-5", "s-6"]);
        listed.Items.ShouldAllBe(s => s.Kind == "Secret" && s.ApiVersion == "v1" && s.Read("key") == "v");
        even.Value!.Items.Length.ShouldBe(4);
        one.Value!.Items.ShouldHaveSingleItem().Metadata.Name.ShouldBe("s-3");
        ResourceVersions.IsOlder(version.Value, listed.ResourceVersion).ShouldBeFalse();
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Metadata_only_reads_hold_no_value_of_a_secret(string server)
    {
        await using var cluster = await TestCluster.StartAsync(server);
        var made = await cluster.CreateSecretAsync("a", "hidden", ("app", "x"));
        var type = ResourceTypes.Secrets.MetadataOnly();
        var request = new ListRequest { Namespace = cluster.Namespace };

        var list = (await cluster.Client.ListAsync(type, request, Cancellation)).Value.ShouldNotBeNull();
        var got = (await cluster.Client.GetAsync(type, cluster.Key("a"), Cancellation)).Value.ShouldNotBeNull();
        await using var watch = await WatchAsync(cluster, type, list.ResourceVersion);
        await cluster.CreateSecretAsync("b", "hidden");
        var watched = (await watch.NextAsync()).ShouldBeOfType<WatchEvent<PartialObjectMetadata>.Changed>().Value;

        list.Items.ShouldHaveSingleItem().Metadata.Labels["app"].ShouldBe("x");
        got.Metadata.Uid.ShouldBe(made.Metadata.Uid);
        (watched.Kind, watched.Metadata.Name).ShouldBe(("PartialObjectMetadata", "b"));
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task A_write_that_asks_for_metadata_only_does_not_get_back_what_it_sent(string server)
    {
        await using var cluster = await TestCluster.StartAsync(server);
        var body = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject { ["name"] = "a", ["namespace"] = cluster.Namespace },
            ["data"] = new JsonObject { ["key"] = Convert.ToBase64String("hidden"u8) },
        };

        var applied = await cluster.Client.ApplyAsync(
            ResourceTypes.Secrets.MetadataOnly(), body, new() { FieldManager = "us" }, Cancellation);

        applied.Value.ShouldNotBeNull().Kind.ShouldBe("PartialObjectMetadata");
        var read = await cluster.Client.GetAsync(ResourceTypes.Secrets, cluster.Key("a"), Cancellation);
        (read.Value!.Read("key"), read.Value.Metadata.ResourceVersion).ShouldBe(("hidden", applied.Value.Metadata.ResourceVersion));
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task A_patch_of_an_old_version_is_a_conflict_and_changes_nothing(string server)
    {
        await using var cluster = await TestCluster.StartAsync(server);
        var old = (await cluster.CreateSecretAsync("a")).Metadata.ResourceVersion!;

        var first = await PatchAsync(cluster, Labelled("first", old));
        var second = await PatchAsync(cluster, Labelled("second", old));
        var third = await PatchAsync(cluster, Labelled("third", first.Value!.Metadata.ResourceVersion));
        var same = await PatchAsync(cluster, Labelled("third", null));

        first.Value.Metadata.Labels["by"].ShouldBe("first");
        second.ShouldFailBy(ApiFailureReason.Conflict);
        third.Value!.Metadata.Labels["by"].ShouldBe("third");
        same.Value!.Metadata.ResourceVersion.ShouldBe(third.Value.Metadata.ResourceVersion);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task An_apply_owns_its_fields_and_takes_back_what_it_no_longer_wants(string server)
    {
        await using var cluster = await TestCluster.StartAsync(server);
        JsonObject Body(params string[] keys) => new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject { ["name"] = "a", ["namespace"] = cluster.Namespace },
            ["data"] = new JsonObject(keys.Select(k => KeyValuePair.Create<string, JsonNode?>(k, "eA=="))),
        };
        Task<ApiOutcome<Secret>> ApplyAsync(JsonObject body, string manager, bool force = true, bool dryRun = false) =>
            cluster.Client.ApplyAsync(
                ResourceTypes.Secrets, body, new() { FieldManager = manager, Force = force, DryRun = dryRun }, Cancellation);

        var both = await ApplyAsync(Body("one", "two"), "us");
        var again = await ApplyAsync(Body("one", "two"), "us");
        var theirs = await ApplyAsync(Body("three"), "them", force: false);
        var dry = await ApplyAsync(Body(), "us", dryRun: true);
        var fewer = await ApplyAsync(Body("one"), "us");
        var other = Body("one");
        other["data"]!["one"] = "eQ==";
        var refused = await ApplyAsync(other, "them", force: false);
        var forced = await ApplyAsync(other, "them");

        both.Value!.Data.Keys.ShouldBe(["one", "two"]);
        again.Value!.Metadata.ResourceVersion.ShouldBe(both.Value.Metadata.ResourceVersion);
        theirs.Value!.Data.Keys.ShouldBe(["one", "three", "two"]);
        dry.Value!.Data.Keys.ShouldBe(["three"]);
        fewer.Value!.Data.Keys.ShouldBe(["one", "three"]);
        refused.ShouldFailBy(ApiFailureReason.Conflict);
        forced.Value!.Data.Keys.ShouldBe(["one"]);
        forced.Value.Read("one").ShouldBe("y");
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task An_apply_mends_what_another_has_edited(string server)
    {
        await using var cluster = await TestCluster.StartAsync(server);
        var made = (await ApplyAsync(cluster, "web")).Value!;
        var edited = await cluster.Client.PatchAsync(
            s_ingresses, cluster.Key("i"), Backend("other"), new() { FieldManager = "kubectl-edit" }, Cancellation);

        var mended = await ApplyAsync(cluster, "web");

        edited.Value!.Backend().ShouldBe("other");
        edited.Value.Metadata.Generation.ShouldBe(made.Metadata.Generation + 1);
        mended.Value!.Backend().ShouldBe("web");
        mended.Value.Metadata.Generation.ShouldBe(made.Metadata.Generation + 2);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task The_status_is_written_by_its_subresource_only(string server)
    {
        await using var cluster = await TestCluster.StartAsync(server);
        var made = (await ApplyAsync(cluster, "web")).Value!;
        var status = new JsonObject
        {
            ["loadBalancer"] = new JsonObject { ["ingress"] = new JsonArray(new JsonObject { ["ip"] = "10.1.2.3" }) },
        };

        var body = IngressBody(cluster, "another");
        body["status"] = status.DeepClone();
        var applied = await cluster.Client.ApplyAsync(
            s_ingresses, body, new() { FieldManager = "us", Subresource = "status" }, Cancellation);
        var patched = await cluster.Client.PatchAsync(
            s_ingresses, cluster.Key("i"), new() { ["status"] = null }, new() { FieldManager = "them" }, Cancellation);
        var emptied = await cluster.Client.PatchAsync(
            s_ingresses,
            cluster.Key("i"),
            new() { ["status"] = new JsonObject { ["loadBalancer"] = null } },
            new() { FieldManager = "them", Subresource = "status" },
            Cancellation);

        applied.Value!.Address().ShouldBe("10.1.2.3");
        applied.Value!.Backend().ShouldBe("web");
        applied.Value!.Metadata.Generation.ShouldBe(made.Metadata.Generation);
        patched.Value!.Address().ShouldBe("10.1.2.3");
        emptied.Value!.Address().ShouldBeNull();
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task A_watch_tells_what_came_after_the_list_in_its_order(string server)
    {
        await using var cluster = await TestCluster.StartAsync(server);
        await cluster.CreateSecretAsync("before", "v", ("app", "x"));
        var request = new ListRequest { Namespace = cluster.Namespace, LabelSelector = "app=x" };
        var list = (await cluster.Client.ListAsync(ResourceTypes.Secrets, request, Cancellation)).Value!;
        var opened = await cluster.Client.WatchAsync(
            ResourceTypes.Secrets, request, new(list.ResourceVersion, TimeSpan.FromSeconds(60)), Cancellation);
        await using var watch = opened.Value.ShouldNotBeNull();

        await cluster.CreateSecretAsync("other", "v", ("app", "y"));
        await cluster.CreateSecretAsync("a", "v", ("app", "x"));
        await PatchAsync(cluster, Labelled("me", null));
        await PatchAsync(cluster, new() { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app"] = "y" } } });
        await DeleteAsync(cluster, "a", new());
        await DeleteAsync(cluster, "before", new());

        (await watch.NextAsync()).ShouldBeOfType<WatchEvent<Secret>.Changed>().Value.Metadata.Name.ShouldBe("a");
        (await watch.NextAsync()).ShouldBeOfType<WatchEvent<Secret>.Changed>().Value.Metadata.Labels["by"].ShouldBe("me");
        (await watch.NextAsync()).ShouldBeOfType<WatchEvent<Secret>.Deleted>().Key.ShouldBe(cluster.Key("a"));
        var last = (await watch.NextAsync()).ShouldBeOfType<WatchEvent<Secret>.Deleted>();
        last.Key.ShouldBe(cluster.Key("before"));
        ResourceVersions.IsOlder(list.ResourceVersion, last.ResourceVersion).ShouldBeTrue();
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task A_watch_ends_in_good_order_after_its_time(string server)
    {
        await using var cluster = await TestCluster.StartAsync(server);
        var list = (await cluster.Client.ListAsync(ResourceTypes.Secrets, new() { Namespace = cluster.Namespace }, Cancellation)).Value!;
        await using var watch = await WatchAsync(cluster, ResourceTypes.Secrets, list.ResourceVersion, seconds: 1);

        WatchEvent<Secret>? watched;
        do
            watched = await watch.NextAsync();
        while (watched is WatchEvent<Secret>.Bookmark);

        watched.ShouldBeNull();
    }

    private static async Task<WatchStream<T>> WatchAsync<T>(TestCluster cluster, ResourceType<T> type, string version, int seconds = 60)
        where T : KubernetesObject
    {
        var from = new WatchFrom(version, TimeSpan.FromSeconds(seconds));
        return (await cluster.Client.WatchAsync(type, new() { Namespace = cluster.Namespace }, from, Cancellation)).Value.ShouldNotBeNull();
    }

    private static Task<ApiFailure?> DeleteAsync(TestCluster cluster, string name, DeleteOptions options) =>
        cluster.Client.DeleteAsync(ResourceTypes.Secrets, cluster.Key(name), options, Cancellation);

    private static Task<ApiOutcome<Secret>> PatchAsync(TestCluster cluster, JsonObject patch) =>
        cluster.Client.PatchAsync(ResourceTypes.Secrets, cluster.Key("a"), patch, new() { FieldManager = "us" }, Cancellation);

    private static Task<ApiOutcome<Ingress>> ApplyAsync(TestCluster cluster, string backend) =>
        cluster.Client.ApplyAsync(s_ingresses, IngressBody(cluster, backend), new() { FieldManager = "us" }, Cancellation);

    private static JsonObject Labelled(string by, string? version) => new()
    {
        ["metadata"] = version is null
            ? new JsonObject { ["labels"] = new JsonObject { ["by"] = by } }
            : new JsonObject { ["labels"] = new JsonObject { ["by"] = by }, ["resourceVersion"] = version },
    };

    private static JsonObject IngressBody(TestCluster cluster, string backend)
    {
        var body = Backend(backend);
        body["apiVersion"] = "networking.k8s.io/v1";
        body["kind"] = "Ingress";
        body["metadata"] = new JsonObject { ["name"] = "i", ["namespace"] = cluster.Namespace };
        return body;
    }

    private static JsonObject Backend(string service) => new()
    {
        ["spec"] = new JsonObject
        {
            ["defaultBackend"] = new JsonObject
            {
                ["service"] = new JsonObject { ["name"] = service, ["port"] = new JsonObject { ["number"] = 80 } },
            },
        },
    };

    private sealed record Ingress() : KubernetesObject("networking.k8s.io/v1", "Ingress")
    {
        public JsonElement Spec { get; init; }

        public JsonElement Status { get; init; }

        public string? Backend() => ObjectReader.Text(Spec, "defaultBackend", "service", "name");

        public string? Address() =>
            Status.ValueKind == JsonValueKind.Object
            && Status.TryGetProperty("loadBalancer", out var balancer)
            && balancer.TryGetProperty("ingress", out var addresses)
                ? ObjectReader.Text(addresses[0], "ip")
                : null;
    }
}
