using System.Text;
using System.Text.Json.Nodes;
using Operator.Api;
using Operator.Keys;
using Operator.Kubernetes;
using Operator.Reconcile;
using Operator.Tests.Kubernetes;
using Support;
using Support.ApiServer;

namespace Operator.Tests.Reconcile;

/// <summary>Lives of keys against an API server: the double, and a real one where one is named.</summary>
public sealed class KeySecretsTests : IAsyncDisposable
{
    private static readonly DateTimeOffset s_start = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private readonly ManualTimeProvider _clock = new(s_start);
    private readonly HashSet<string> _acknowledged = [];
    private TestCluster _cluster = null!;
    private KeySecrets _secrets = null!;
    private VirtualKey _key = null!;

    public static TheoryData<string> Servers => ["double", "real"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Servers))]
    public async Task A_key_is_made_once_and_adopted_from_then_on(string server)
    {
        await StartAsync(server);

        var made = await AdvanceAsync();
        var again = await AdvanceAsync();

        made.Event!.Reason.ShouldBe(EventReasons.KeyCreated);
        HashOf(made).ShouldBe(GeneratedKey.Sha256((await ReadAsync()).Read("api-key")!));
        (HashOf(again), again.Event).ShouldBe((HashOf(made), null));
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task At_rest_nothing_is_written(string server)
    {
        await StartAsync(server);
        await AdvanceAsync();
        var version = (await ReadAsync()).Metadata.ResourceVersion;

        await AdvanceAsync();

        (await ReadAsync()).Metadata.ResourceVersion.ShouldBe(version);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Somebody_elses_Secret_of_the_name_stays_as_it_is(string server)
    {
        await StartAsync(server);
        var theirs = await _cluster.CreateSecretAsync("demo-key", "precious");

        var outcome = await AdvanceAsync();

        (outcome.Material, outcome.Problem!.Reason).ShouldBe((null, ConditionReasons.SecretConflict));
        (await ReadAsync()).Metadata.ResourceVersion.ShouldBe(theirs.Metadata.ResourceVersion);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task After_a_deletion_by_hand_there_is_a_new_key_and_a_warning(string server)
    {
        await StartAsync(server);
        var first = await AdvanceAsync();
        Told(first);
        (await _cluster.Client.DeleteAsync(ResourceTypes.Secrets, _cluster.Key("demo-key"), new(), Cancellation)).ShouldBeNull();

        var second = await AdvanceAsync();

        second.Event!.Reason.ShouldBe(EventReasons.KeyRegenerated);
        HashOf(second).ShouldNotBe(HashOf(first));
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task A_key_that_was_edited_by_hand_is_out_until_a_key_is_put_back(string server)
    {
        await StartAsync(server);
        var first = await AdvanceAsync();
        var text = (await ReadAsync()).Read("api-key")!;

        await EditAsync("hunter2");
        var edited = await AdvanceAsync();
        await EditAsync(text);

        (edited.Material, edited.Problem!.Reason).ShouldBe((null, ConditionReasons.SecretValueInvalid));
        HashOf(await AdvanceAsync()).ShouldBe(HashOf(first));
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task A_rotation_goes_on_after_a_crash_at_each_step_and_touches_nothing_of_others(string server)
    {
        await StartAsync(server, new() { PeriodSeconds = 7200, OverlapSeconds = 600 });
        var first = await AdvanceAsync();
        await PatchAsync(new() { ["data"] = new JsonObject { ["users"] = "b3du" } });
        _clock.Advance(TimeSpan.FromSeconds(7200));

        var begun = await AdvanceAsync();
        Crash();
        var waiting = await AdvanceAsync();
        waiting.Material!.Hashes.ShouldBe(begun.Material!.Hashes);
        begun.Material.Hashes.Select(h => h.Sha256).ShouldContain(HashOf(first));

        _acknowledged.Add(begun.Material.Hashes[1].Sha256);
        var rotated = await AdvanceAsync();
        Crash();
        (await AdvanceAsync()).Material!.Hashes.ShouldBe(rotated.Material!.Hashes);

        var secret = await ReadAsync();
        HashOf(rotated).ShouldBe(begun.Material.Hashes[1].Sha256);
        GeneratedKey.Sha256(secret.Read("api-key")!).ShouldBe(HashOf(rotated));
        secret.Data.Keys.ShouldBe(["api-key", "users"]);
        rotated.Material.Hashes[1].Sha256.ShouldBe(HashOf(first));
        rotated.NextTime.ShouldBe(_clock.GetUtcNow().AddSeconds(600));

        _clock.Advance(TimeSpan.FromSeconds(600));
        var after = await AdvanceAsync();
        after.Material!.Hashes.ShouldHaveSingleItem().Sha256.ShouldBe(HashOf(rotated));
        (await ReadAsync()).Metadata.Annotations.Keys.ShouldNotContain(a => a.Contains("previous"));
        after.NextTime.ShouldBe(_clock.GetUtcNow().AddSeconds(6600));
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Two_that_rotate_at_once_make_one_next_key(string server)
    {
        await StartAsync(server, new() { PeriodSeconds = 7200, OverlapSeconds = 600 });
        await AdvanceAsync();
        _clock.Advance(TimeSpan.FromSeconds(7200));

        var both = await Task.WhenAll(AdvanceAsync(), AdvanceAsync());

        both[0].Material!.Hashes.ShouldBe(both[1].Material!.Hashes);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Two_that_make_a_key_at_once_make_one(string server)
    {
        await StartAsync(server);

        var both = await Task.WhenAll(AdvanceAsync(), AdvanceAsync());

        HashOf(both[0]).ShouldBe(HashOf(both[1]));
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task A_rotation_in_an_immutable_Secret_is_a_warning_and_no_write_storm(string server)
    {
        await StartAsync(server, new() { PeriodSeconds = 7200, OverlapSeconds = 600 });
        var first = await AdvanceAsync();
        await PatchAsync(new() { ["immutable"] = true });
        _clock.Advance(TimeSpan.FromSeconds(7200));

        var outcome = await AdvanceAsync();

        (HashOf(outcome), outcome.Problem!.Reason).ShouldBe((HashOf(first), ConditionReasons.SecretImmutable));
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task In_a_namespace_that_is_gone_the_creation_fails_and_is_tried_later(string server)
    {
        await StartAsync(server);
        _key = _key with { Metadata = _key.Metadata with { Namespace = "gone" } };

        (await AdvanceAsync()).Failure!.Reason.ShouldBe(ApiFailureReason.NotFound);
    }

    [Fact]
    public async Task The_Secret_of_a_deleted_VirtualKey_is_not_taken_over_and_its_key_stays_revoked()
    {
        await StartAsync("double");
        var first = await AdvanceAsync();
        _cluster.Double!.Delete("virtualkeys", _cluster.Namespace, "demo");
        CreateKey(null);

        var waiting = await AdvanceAsync();
        _cluster.Double.CollectGarbage();
        var second = await AdvanceAsync();

        (waiting.Material, waiting.Problem!.Reason).ShouldBe((null, ConditionReasons.SecretConflict));
        waiting.NextTime.ShouldNotBeNull();
        second.Event!.Reason.ShouldBe(EventReasons.KeyCreated);
        HashOf(second).ShouldNotBe(HashOf(first));
    }

    [Fact]
    public async Task A_creation_whose_answer_is_lost_gives_no_second_key()
    {
        await StartAsync("double");
        _cluster.Double!.Inject(new ApiFault.LostAnswer(), c => c.Verb == "create" && c.Resource == "secrets");

        var lost = await AdvanceAsync();
        var found = await AdvanceAsync();

        (lost.Material, lost.Failure!.Reason).ShouldBe((null, ApiFailureReason.Unreachable));
        HashOf(found).ShouldBe(GeneratedKey.Sha256((await ReadAsync()).Read("api-key")!));
        _cluster.Double.Calls.Count(c => c.Verb == "create" && c.Resource == "secrets").ShouldBe(1);
    }

    [Fact]
    public async Task A_server_that_cannot_read_the_Secret_makes_no_new_key()
    {
        await StartAsync("double");
        await AdvanceAsync();
        var before = await ReadAsync();
        _cluster.Double!.Inject(new ApiFault.Answer(500), c => c.Verb == "get", times: 100);

        (await AdvanceAsync()).Failure!.Reason.ShouldBe(ApiFailureReason.ServerError);

        _cluster.Double.Heal();
        (await ReadAsync()).Metadata.ResourceVersion.ShouldBe(before.Metadata.ResourceVersion);
    }

    [Fact]
    public async Task A_write_that_a_quota_forbids_is_told_and_tried_again_after_a_while()
    {
        await StartAsync("double");
        _cluster.Double!.Inject(new ApiFault.Answer(403, "Forbidden"), c => c.Verb == "create" && c.Resource == "secrets");

        var outcome = await AdvanceAsync();

        outcome.Problem!.Reason.ShouldBe(ConditionReasons.SecretNotWritten);
        outcome.NextTime.ShouldBe(s_start.AddMinutes(1));
        (await AdvanceAsync()).Material.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_lost_promotion_is_found_done_with_all_keys_taken_in_between()
    {
        await StartAsync("double", new() { PeriodSeconds = 7200, OverlapSeconds = 600 });
        await AdvanceAsync();
        _clock.Advance(TimeSpan.FromSeconds(7200));
        var begun = await AdvanceAsync();
        _acknowledged.Add(begun.Material!.Hashes[1].Sha256);
        _cluster.Double!.Inject(new ApiFault.LostAnswer(), c => c.Verb == "patch" && c.Resource == "secrets");

        var lost = await AdvanceAsync();
        var found = await AdvanceAsync();

        lost.Failure.ShouldNotBeNull();
        lost.Material!.Hashes.ShouldBe(begun.Material.Hashes);
        HashOf(found).ShouldBe(begun.Material.Hashes[1].Sha256);
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }

    private async Task StartAsync(string server, RotationSpec? rotation = null)
    {
        _cluster = await TestCluster.StartAsync(server);
        Crash();
        CreateKey(rotation);
    }

    /// <summary>The owner of Secrets need not be there for an API server without a garbage collector to take them.</summary>
    private void CreateKey(RotationSpec? rotation)
    {
        var created = _cluster.Double?.Create(
            "virtualkeys", _cluster.Namespace, new() { ["metadata"] = new JsonObject { ["name"] = "demo" }, ["spec"] = new JsonObject() });
        _key = new()
        {
            Metadata = new()
            {
                Name = "demo",
                Namespace = _cluster.Namespace,
                Uid = (string?)created?["metadata"]!["uid"] ?? Guid.NewGuid().ToString(),
            },
            Spec = new() { GatewayRef = new() { Name = "main" }, Models = ["*"], Rotation = rotation },
        };
    }

    /// <summary>The operator starts anew: nothing that it had in memory is there.</summary>
    private void Crash() => _secrets = new(_cluster.Client, _clock);

    private Task<KeyOutcome> AdvanceAsync() => _secrets.AdvanceAsync(_key, _acknowledged.Contains, Cancellation);

    private void Told(KeyOutcome outcome) => _key = _key with
    {
        Status = new() { KeyId = outcome.Material!.KeyId, SecretRef = new() { Name = "demo-key", Key = "api-key" } },
    };

    private async Task<Secret> ReadAsync() =>
        (await _cluster.Client.GetAsync(ResourceTypes.Secrets, _cluster.Key("demo-key"), Cancellation)).Value.ShouldNotBeNull();

    private Task EditAsync(string text) =>
        PatchAsync(new() { ["data"] = new JsonObject { ["api-key"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(text)) } });

    private async Task PatchAsync(JsonObject patch) =>
        (await _cluster.Client.PatchAsync(ResourceTypes.Secrets, _cluster.Key("demo-key"), patch, new() { FieldManager = "user" }, Cancellation))
            .Failure.ShouldBeNull();

    private static string HashOf(KeyOutcome outcome) => outcome.Material.ShouldNotBeNull(outcome.ToString()).Hashes[0].Sha256;
}
