using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Operator.Api;
using Operator.Kubernetes;
using Operator.Tests.Kubernetes;
using Operator.Tests.Push;
using Operator.Watch;
using Support;
using Support.ApiServer;

namespace Operator.Tests.Watch;

public sealed class InformerTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<ObjectChange<Secret>> _changes = [];
    private readonly ConcurrentBag<Task> _runs = [];
    private TestCluster _cluster = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private FakeApiServer Server => _cluster.Double!;

    private string Ns => _cluster.Namespace;

    public async ValueTask InitializeAsync() => _cluster = await TestCluster.StartAsync("double");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_runs);
        await _cluster.DisposeAsync();
    }

    [Theory]
    [InlineData("double")]
    [InlineData("real")]
    public async Task It_holds_what_the_server_has_and_tells_each_change(string server)
    {
        await using var cluster = await TestCluster.StartAsync(server);
        await cluster.CreateSecretAsync("a");
        var informer = Start(cluster, new() { Backoff = TestCluster.Quick, Random = () => 0, Namespaces = [cluster.Namespace] });

        await informer.WaitForSyncAsync(Cancellation);
        Names(informer).ShouldBe(["a"]);
        var b = await cluster.CreateSecretAsync("b", "1");
        await HasAsync(informer, "a b");
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app"] = "x" } } };
        await cluster.Client.PatchAsync(ResourceTypes.Secrets, cluster.Key("b"), patch, new() { FieldManager = "us" }, Cancellation);
        await Poll.UntilAsync(() => informer.Snapshot.Find(cluster.Key("b"))!.Metadata.Labels.ContainsKey("app"));
        await cluster.Client.DeleteAsync(ResourceTypes.Secrets, cluster.Key("a"), new(), Cancellation);
        await HasAsync(informer, "b");

        informer.Snapshot.Find(cluster.Key("b"))!.Metadata.Uid.ShouldBe(b.Metadata.Uid);
        await Poll.UntilAsync(() => _changes.Count == 4);
        _changes.Select(c => (c.Key.Name, c.Before is not null, c.After is not null)).ShouldBe(
            [("a", false, true), ("b", false, true), ("b", true, true), ("a", true, false)]);
        informer.Failures.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_watch_that_is_cut_at_any_byte_loses_nothing_and_tells_nothing_twice()
    {
        var informer = await SyncedAsync();
        for (var bytes = 1; bytes < 700; bytes += 11)
        {
            await Poll.UntilAsync(() => Server.OpenWatches == 1);
            Server.Inject(new ApiFault.CutAfter(bytes), IsWatch);
            Server.CutWatches();
            Server.Create("secrets", Ns, Named($"s-{bytes:000}"));
            Server.Patch("secrets", Ns, $"s-{bytes:000}", Labels("app", "x"));
            await Poll.UntilAsync(() => informer.Snapshot.Find(_cluster.Key($"s-{bytes:000}"))?.Metadata.Labels.Count == 1);
        }

        Server.Calls.Count(c => c is { Verb: "list", Resource: "secrets" } && !c.Accept.Contains("Partial")).ShouldBe(1);
        _changes.GroupBy(c => (c.Key, c.After!.Metadata.ResourceVersion)).ShouldAllBe(g => g.Count() == 1);
        Names(informer).Length.ShouldBe(64);
    }

    [Fact]
    public async Task What_was_deleted_while_nobody_watched_is_told_as_deleted()
    {
        Server.Create("secrets", Ns, Named("goes"));
        Server.Create("secrets", Ns, Named("stays"));
        var informer = await SyncedAsync();
        Server.IsDown = true;
        Server.Delete("secrets", Ns, "goes");
        Server.Create("secrets", Ns, Named("comes"));
        Server.Compact();
        Server.Heal();

        await HasAsync(informer, "comes stays");

        await Poll.UntilAsync(() => _changes.Count == 4);
        var gone = _changes.Single(c => c.After is null);
        gone.Key.Name.ShouldBe("goes");
        gone.Before.ShouldNotBeNull();
        _changes.Count(c => c.Key.Name == "stays").ShouldBe(1);
    }

    [Fact]
    public async Task A_watch_goes_on_after_a_compaction_with_a_new_list()
    {
        var informer = await SyncedAsync();
        await Poll.UntilAsync(() => Server.OpenWatches == 1);

        Server.Compact();
        Server.Create("secrets", Ns, Named("a"));

        await HasAsync(informer, "a");
        Server.Create("secrets", Ns, Named("b"));
        await HasAsync(informer, "a b");
    }

    [Theory]
    [InlineData(410, "Expired")]
    [InlineData(500, "InternalError")]
    [InlineData(429, "TooManyRequests")]
    [InlineData(403, "Forbidden")]
    public async Task A_watch_that_is_refused_is_tried_again(int status, string reason)
    {
        var informer = await SyncedAsync();
        await Poll.UntilAsync(() => Server.OpenWatches == 1);
        Server.Inject(new ApiFault.Answer(status, reason), IsWatch, times: 3);

        Server.CutWatches();
        Server.Create("secrets", Ns, Named("a"));

        await HasAsync(informer, "a");
        await Poll.UntilAsync(() => informer.Failures.IsEmpty);
    }

    [Fact]
    public async Task A_list_that_is_forbidden_is_told_by_namespace_and_the_others_go_on()
    {
        Server.CreateNamespace("closed");
        Server.Create("secrets", Ns, Named("a"));
        Server.Inject(new ApiFault.Answer(403, "Forbidden"), c => c is { Verb: "list", Namespace: "closed" }, times: int.MaxValue);

        var informer = Start(_cluster, Options with { Namespaces = [Ns, "closed"] });
        await HasAsync(informer, "a");

        await Poll.UntilAsync(() => !informer.Failures.IsEmpty);
        var (ns, failure) = informer.Failures.ShouldHaveSingleItem();
        (ns, failure.Reason).ShouldBe(("closed", ApiFailureReason.Forbidden));
        informer.HasSynced.ShouldBeFalse();
        Server.Heal();
        await informer.WaitForSyncAsync(Cancellation);
    }

    [Fact]
    public async Task A_watch_begins_where_the_last_bookmark_was()
    {
        var informer = await SyncedAsync();
        await Poll.UntilAsync(() => Server.OpenWatches == 1);
        Server.Create("configmaps", Ns, Named("unrelated"));
        var version = (string)Server.Find("configmaps", Ns, "unrelated")!["metadata"]!["resourceVersion"]!;

        // A bookmark now and then, and now and then a cut: some day it goes on from the one that it has read.
        var ticks = 0;
        await Poll.UntilAsync(() =>
        {
            if (ticks++ % 8 == 0)
                Server.SendBookmarks();
            else if (ticks % 8 == 7)
                Server.CutWatches();
            return Server.Calls.Last(IsWatch).Query["resourceVersion"] == version;
        });

        Server.Create("secrets", Ns, Named("a"));
        await HasAsync(informer, "a");
    }

    [Fact]
    public async Task A_server_that_went_back_to_a_backup_is_followed_back()
    {
        Server.Create("secrets", Ns, Named("old"));
        var backup = Server.Save();
        Server.Create("secrets", Ns, Named("lost"));
        var informer = await SyncedAsync();
        Names(informer).ShouldBe(["lost", "old"]);
        await Poll.UntilAsync(() => Server.OpenWatches == 1);

        Server.Restore(backup);

        await HasAsync(informer, "old");
        Server.Create("secrets", Ns, Named("new"));
        await HasAsync(informer, "new old");
    }

    [Fact]
    public async Task An_object_that_becomes_unreadable_keeps_its_last_version_and_is_told()
    {
        Server.Create("secrets", Ns, Named("a"));
        Server.Create("secrets", Ns, Named("b"));
        var informer = await SyncedAsync();

        Server.Patch("secrets", Ns, "a", new() { ["data"] = "no map" });
        Server.Patch("secrets", Ns, "b", Labels("app", "x"));

        await Poll.UntilAsync(() => informer.Snapshot.Find(_cluster.Key("b"))!.Metadata.Labels.Count == 1);
        Names(informer).ShouldBe(["a", "b"]);
        informer.Snapshot.Unreadable[_cluster.Key("a")].Problem.ShouldContain("data");
        _changes.ShouldContain(c => c.Key.Name == "a" && c.Before != null && ReferenceEquals(c.Before, c.After));
        Server.Patch("secrets", Ns, "a", new() { ["data"] = new JsonObject() });
        await Poll.UntilAsync(() => informer.Snapshot.Unreadable.IsEmpty);
    }

    [Fact]
    public async Task An_object_that_is_nested_too_deep_holds_up_no_watch()
    {
        var informer = await SyncedAsync();

        var nested = Enumerable.Range(0, 100).Aggregate(new JsonObject(), (inner, _) => new() { ["a"] = inner });
        Server.Create("secrets", Ns, new() { ["metadata"] = new JsonObject { ["name"] = "deep" }, ["any"] = nested });
        Server.Create("secrets", Ns, Named("after"));

        await HasAsync(informer, "after");
        informer.Snapshot.Unreadable.Keys.ShouldBe([_cluster.Key("deep")]);
    }

    [Fact]
    public async Task A_handler_that_throws_stops_nothing()
    {
        var hasThrown = false;
        var informer = new Informer<Secret>(
            _cluster.Client,
            ResourceTypes.Secrets,
            Options,
            c =>
            {
                if (c.Key.Name == "a" && !hasThrown)
                {
                    hasThrown = true;
                    throw new InvalidOperationException("a bug");
                }
            },
            TimeProvider.System,
            NullLogger.Instance);
        _runs.Add(informer.RunAsync(_stop.Token));
        await informer.WaitForSyncAsync(Cancellation);

        Server.Create("secrets", Ns, Named("a"));
        Server.Create("secrets", Ns, Named("b"));

        await HasAsync(informer, "a b");
    }

    [Fact]
    public async Task A_handler_that_throws_each_time_asks_less_and_less_often()
    {
        var clock = new FakeClock();
        await using var cluster = await TestCluster.StartAsync("double", clock);
        await cluster.CreateSecretAsync("a");
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20), () => 0);
        var informer = new Informer<Secret>(
            cluster.Client,
            ResourceTypes.Secrets,
            Options with { Backoff = backoff },
            _ => throw new InvalidOperationException("a bug"),
            clock,
            NullLogger.Instance);
        using var stop = new CancellationTokenSource();
        var run = informer.RunAsync(stop.Token);

        foreach (var seconds in new[] { 1, 2, 4 })
        {
            await Poll.UntilAsync(() => clock.Waits.Contains(TimeSpan.FromSeconds(seconds)));
            await cluster.CreateSecretAsync($"after-{seconds}");
            clock.Advance(TimeSpan.FromSeconds(seconds));
        }

        await stop.CancelAsync();
        await run;
    }

    [Fact]
    public async Task A_watch_that_falls_silent_is_given_up_and_begun_anew()
    {
        var clock = new FakeClock();
        await using var cluster = await TestCluster.StartAsync("double", clock);
        var options = Options with { WatchTimeout = TimeSpan.FromMinutes(5) };
        var informer = new Informer<Secret>(cluster.Client, ResourceTypes.Secrets, options, _changes.Enqueue, clock, NullLogger.Instance);
        using var stop = new CancellationTokenSource();
        var run = informer.RunAsync(stop.Token);
        var server = cluster.Double!;
        await Poll.UntilAsync(() => server.OpenWatches == 1 && clock.Waits.Contains(TimeSpan.FromSeconds(330)));

        clock.Advance(TimeSpan.FromSeconds(329));
        server.Calls.Count(IsWatch).ShouldBe(1);
        clock.Advance(TimeSpan.FromSeconds(1));

        await Poll.UntilAsync(() =>
        {
            if (clock.Waits.Any(w => w < TimeSpan.FromSeconds(1)))
                clock.Advance(TimeSpan.FromMilliseconds(20));
            return server.Calls.Count(IsWatch) == 2;
        });
        await stop.CancelAsync();
        await run;
    }

    [Fact]
    public async Task Watches_that_fail_at_once_are_slowed_down()
    {
        var clock = new FakeClock();
        await using var cluster = await TestCluster.StartAsync("double", clock);
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20), () => 0);
        var informer = new Informer<Secret>(
            cluster.Client, ResourceTypes.Secrets, Options with { Backoff = backoff }, _changes.Enqueue, clock, NullLogger.Instance);
        cluster.Double!.Inject(new ApiFault.Answer(410, "Expired"), IsWatch, times: int.MaxValue);
        using var stop = new CancellationTokenSource();
        var run = informer.RunAsync(stop.Token);

        foreach (var seconds in new[] { 1, 2, 4, 8, 16, 20, 20 })
        {
            await Poll.UntilAsync(() => clock.Waits.Contains(TimeSpan.FromSeconds(seconds)));
            clock.Advance(TimeSpan.FromSeconds(seconds));
        }

        await stop.CancelAsync();
        await run;
    }

    [Fact]
    public async Task An_answer_to_a_write_is_seen_before_the_watch_tells_it_and_never_undone_by_an_older_event()
    {
        Server.Create("secrets", Ns, Named("a"));
        var informer = await SyncedAsync();
        var hold = new TaskCompletionSource();
        Server.Inject(new ApiFault.Hold(hold.Task), IsWatch);
        Server.CutWatches();
        var older = await PatchAsync("first");
        var written = await PatchAsync("second");

        informer.Written(written);
        informer.Written(older);
        informer.Written(_cluster.Secret("never-listed"));

        informer.Snapshot.Find(_cluster.Key("a")).ShouldBeSameAs(written);
        Names(informer).ShouldBe(["a"]);
        hold.SetResult();
        Server.Create("secrets", Ns, Named("b"));
        await HasAsync(informer, "a b");
        informer.Snapshot.Find(_cluster.Key("a"))!.Metadata.Labels["by"].ShouldBe("second");
        _changes.Count(c => c.Key.Name == "a").ShouldBe(2);
    }

    private static InformerOptions Options => new() { Backoff = TestCluster.Quick, Random = () => 0, Namespaces = [] };

    private static bool IsWatch(ApiCall call) => call is { Verb: "watch", Resource: "secrets" };

    private static ImmutableArray<string> Names(Informer<Secret> informer) =>
        [.. informer.Snapshot.Objects.Keys.Select(k => k.Name).Order(StringComparer.Ordinal)];

    private static Task HasAsync(Informer<Secret> informer, string names) =>
        Poll.UntilAsync(() => string.Join(' ', Names(informer)) == names);

    private static JsonObject Named(string name) => new() { ["metadata"] = new JsonObject { ["name"] = name } };

    private static JsonObject Labels(string name, string value) =>
        new() { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { [name] = value } } };

    private async Task<Secret> PatchAsync(string by) => (await _cluster.Client.PatchAsync(
        ResourceTypes.Secrets, _cluster.Key("a"), Labels("by", by), new() { FieldManager = "us" }, Cancellation)).Value.ShouldNotBeNull();

    private Informer<Secret> Start(TestCluster cluster, InformerOptions options)
    {
        var informer = new Informer<Secret>(
            cluster.Client, ResourceTypes.Secrets, options, _changes.Enqueue, TimeProvider.System, NullLogger.Instance);
        _runs.Add(informer.RunAsync(_stop.Token));
        return informer;
    }

    private async Task<Informer<Secret>> SyncedAsync()
    {
        var informer = Start(_cluster, Options);
        await informer.WaitForSyncAsync(Cancellation);
        return informer;
    }
}
