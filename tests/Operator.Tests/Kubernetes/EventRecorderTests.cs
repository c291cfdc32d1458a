using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Operator.Api;
using Operator.Kubernetes;
using Operator.Tests.Push;
using Support;
using Support.ApiServer;

namespace Operator.Tests.Kubernetes;

public sealed class EventRecorderTests : IAsyncDisposable
{
    private readonly FakeClock _clock = new(DateTimeOffset.UtcNow);
    private readonly CancellationTokenSource _stop = new();
    private Task _run = Task.CompletedTask;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    [Theory]
    [InlineData("double")]
    [InlineData("real")]
    public async Task What_happens_again_raises_the_count_of_one_event(string server)
    {
        await using var cluster = await TestCluster.StartAsync(server);
        var recorder = Start(cluster);
        var about = await cluster.CreateSecretAsync("a");

        recorder.Record(Text(about, "KeyCreated", "made it"));
        recorder.Record(Text(about, "KeyCreated", "made it"));
        recorder.Record(Text(about, "KeyRotated", $"ä{new string('x', 2000)}"));
        await Poll.UntilAsync(() => Events(cluster).Length == 2);
        _clock.Advance(TimeSpan.FromMinutes(4));
        recorder.Record(Text(about, "KeyCreated", "made it"));

        await Poll.UntilAsync(() => Events(cluster).Any(e => e.Series?.Count == 3));
        var made = Events(cluster).Single(e => e.Reason == "KeyCreated");
        made.Note.ShouldBe("made it");
        made.Type.ShouldBe("Normal");
        made.ReportingController.ShouldBe("llmgateway.dev/operator");
        made.Regarding!.Uid.ShouldBe(about.Metadata.Uid);
        made.Series!.LastObservedTime!.Value.ShouldBeGreaterThan(made.EventTime!.Value.AddMinutes(3));
        Events(cluster).Single(e => e.Reason == "KeyRotated").Note!.ShouldEndWith("x…");
    }

    [Fact]
    public async Task An_object_that_tells_too_much_is_cut_short_and_another_is_not()
    {
        await using var cluster = await TestCluster.StartAsync("double");
        var recorder = Start(cluster);
        var (loud, quiet) = (await cluster.CreateSecretAsync("loud"), await cluster.CreateSecretAsync("quiet"));

        for (var i = 0; i < 100; i++)
            recorder.Record(Text(loud, "Noise", $"number {i}"));
        recorder.Record(Text(quiet, "Word", "one"));

        await Poll.UntilAsync(() => Events(cluster).Any(e => e.Reason == "Word"));
        Events(cluster).Count(e => e.Reason == "Noise").ShouldBe(25);
        _clock.Advance(TimeSpan.FromMinutes(5));
        recorder.Record(Text(loud, "Noise", "later"));
        await Poll.UntilAsync(() => Events(cluster).Any(e => e.Note == "later"));
    }

    [Fact]
    public async Task The_same_again_many_times_is_two_writes()
    {
        await using var cluster = await TestCluster.StartAsync("double");
        var recorder = Start(cluster);
        var about = await cluster.CreateSecretAsync("a");

        for (var i = 0; i < 200; i++)
            recorder.Record(Text(about, "Again", "the same"));
        recorder.Record(Text(about, "Last", "the end"));

        await Poll.UntilAsync(() => Events(cluster).Any(e => e.Reason == "Last"));
        cluster.Double!.Calls.Where(c => c.Resource == "events" && c.Verb != "list").Select(c => c.Verb)
            .ShouldBe(["create", "patch", "create"]);
    }

    [Fact]
    public async Task An_event_that_the_server_has_forgotten_is_told_anew()
    {
        await using var cluster = await TestCluster.StartAsync("double");
        var recorder = Start(cluster);
        var about = await cluster.CreateSecretAsync("a");
        recorder.Record(Text(about, "Again", "the same"));
        await Poll.UntilAsync(() => Events(cluster).Length == 1);
        cluster.Double!.Delete("events", cluster.Namespace, Events(cluster).Single().Metadata.Name);

        recorder.Record(Text(about, "Again", "the same"));

        await Poll.UntilAsync(() => Events(cluster).Length == 1);
    }

    [Fact]
    public async Task A_server_that_refuses_an_event_stops_no_other()
    {
        await using var cluster = await TestCluster.StartAsync("double");
        var recorder = Start(cluster);
        var about = await cluster.CreateSecretAsync("a");
        cluster.Double!.Inject(new ApiFault.Answer(403, "Forbidden"), c => c is { Verb: "create", Resource: "events" });

        recorder.Record(Text(about, "First", "refused"));
        recorder.Record(Text(about, "Second", "taken"));

        await Poll.UntilAsync(() => Events(cluster).Length == 1);
        Events(cluster).Single().Reason.ShouldBe("Second");
    }

    private EventRecorder Start(TestCluster cluster)
    {
        var recorder = new EventRecorder(cluster.Client, new() { Instance = "operator-0" }, _clock, NullLogger.Instance);
        _run = recorder.RunAsync(_stop.Token);
        return recorder;
    }

    private static EventText Text(Secret about, string reason, string note) =>
        new() { Regarding = about, Reason = reason, Action = "Test", Note = note };

    private static ImmutableArray<EventObject> Events(TestCluster cluster)
    {
        var list = cluster.Client.ListAsync(ResourceTypes.Events, new() { Namespace = cluster.Namespace }, Cancellation);
        return list.GetAwaiter().GetResult().Value!.Items;
    }
}
