using System.Collections.Immutable;
using System.Security.Cryptography;
using Operator.Api;
using Operator.Push;
using Operator.Tests.Kubernetes;
using Operator.Translate;
using Support.ApiServer;

namespace Operator.Tests.Push;

public sealed class DurableCopyTests
{
    private const string Index = "main-config-index";

    public static TheoryData<string> Servers => ContractTests.Servers;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Servers))]
    public async Task What_was_written_is_read_by_the_next_operator(string server)
    {
        await using var setup = await DurableSetup.StartAsync(server);
        var config = setup.Config(3);

        (await WriteAsync(setup, config, Versions("a"))).ShouldBeOfType<DurableWrite.Written>();
        var found = await FindAsync(setup);

        (found.Config.Revision, found.Config.Hash).ShouldBe((3, config.Hash));
        found.LastValid.Routes.Keys.ShouldBe(["default/a"]);
        found.LastValid.Routes["default/a"].Spec.Model.ShouldBe("a");
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Each_write_takes_the_idle_set_and_keeps_the_count(string server)
    {
        await using var setup = await DurableSetup.StartAsync(server);
        await setup.Revisions().ReserveAsync("hash", 4, Cancellation);

        await WriteAsync(setup, setup.Config(3));
        await WriteAsync(setup, setup.Config(4));
        (await setup.FindAsync("main-config-b-0")).ShouldNotBeNull();
        await WriteAsync(setup, setup.Config(5));

        (await FindAsync(setup)).Config.Revision.ShouldBe(5);
        (await setup.Revisions().ReserveAsync("hash", 0, Cancellation)).ShouldBe(5);
    }

    [Fact]
    public async Task The_same_revision_twice_writes_nothing()
    {
        await using var setup = await DurableSetup.StartAsync();
        await WriteAsync(setup, setup.Config(3));
        var before = Writes(setup);

        (await WriteAsync(setup, setup.Config(3))).ShouldBeOfType<DurableWrite.Written>();

        Writes(setup).ShouldBe(before);
    }

    [Fact]
    public async Task An_older_revision_does_not_replace_a_newer_one()
    {
        await using var setup = await DurableSetup.StartAsync();
        await WriteAsync(setup, setup.Config(3));

        (await WriteAsync(setup, setup.Config(2))).ShouldBe(new DurableWrite.Superseded(3));

        (await FindAsync(setup)).Config.Revision.ShouldBe(3);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task A_large_config_takes_several_slots(string server)
    {
        await using var setup = await DurableSetup.StartAsync(server);
        var config = setup.Config(3, Noise(1_500_000));

        (await WriteAsync(setup, config)).ShouldBeOfType<DurableWrite.Written>();

        (await FindAsync(setup)).Config.Hash.ShouldBe(config.Hash);
        (await setup.FindAsync("main-config-a-1")).ShouldNotBeNull();
        (await setup.FindAsync("main-config-a-2")).ShouldBeNull();
    }

    [Fact]
    public async Task A_config_that_does_not_fit_is_refused_and_the_former_copy_stays()
    {
        await using var setup = await DurableSetup.StartAsync();
        await WriteAsync(setup, setup.Config(3));

        var (copy, config) = (setup.Copy(), setup.Config(4, Noise(5_500_000)));
        var outcome = (await copy.WriteAsync(config, LastValidVersions.Empty, Cancellation)).ShouldBeOfType<DurableWrite.TooLarge>();

        outcome.Message.ShouldContain("3686400");
        (await copy.WriteAsync(config, LastValidVersions.Empty, Cancellation)).ShouldBeSameAs(outcome, "it is compressed once");
        (await FindAsync(setup)).Config.Revision.ShouldBe(3);
    }

    [Theory]
    [InlineData("main-config-b-0")]
    [InlineData("main-config-b-1")]
    [InlineData(Index)]
    public async Task After_a_crash_before_any_of_its_writes_the_former_copy_is_whole_and_the_next_write_mends_it(string name)
    {
        await using var setup = await DurableSetup.StartAsync();
        await WriteAsync(setup, setup.Config(3, Noise(1_500_000)));
        var next = setup.Config(4, Noise(1_500_000));
        setup.Cluster.Double!.Inject(new ApiFault.Answer(403, "Forbidden"), c => c.Verb == "patch" && c.Name == name);

        (await WriteAsync(setup, next)).ShouldBeOfType<DurableWrite.Failed>();
        (await FindAsync(setup)).Config.Revision.ShouldBe(3);

        (await WriteAsync(setup, next)).ShouldBeOfType<DurableWrite.Written>();
        (await FindAsync(setup)).Config.Hash.ShouldBe(next.Hash);
    }

    [Fact]
    public async Task A_revision_reserved_between_slots_and_index_is_kept()
    {
        await using var setup = await DurableSetup.StartAsync();
        await WriteAsync(setup, setup.Config(3));
        var reserved = new TaskCompletionSource();
        setup.Cluster.Double!.Inject(new ApiFault.Hold(reserved.Task), c => c.Verb == "patch" && c.Name == "main-config-b-0");

        var writing = WriteAsync(setup, setup.Config(4));
        await Poll.UntilAsync(() => setup.Cluster.Double!.Calls.Any(c => c.Name == "main-config-b-0"));
        (await setup.Revisions().ReserveAsync("next", 0, Cancellation)).ShouldBe(4);
        reserved.SetResult();

        (await writing).ShouldBeOfType<DurableWrite.Written>();
        (await FindAsync(setup)).Config.Revision.ShouldBe(4);
        (await setup.Revisions().ReserveAsync("next", 0, Cancellation)).ShouldBe(4);
        setup.Cluster.Double!.Calls.Count(c => c.Verb == "patch" && c.Name == "main-config-b-0").ShouldBe(1);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task A_slot_that_was_edited_by_hand_is_damage(string server)
    {
        await using var setup = await DurableSetup.StartAsync(server);
        await WriteAsync(setup, setup.Config(3));

        await setup.EditAsync("main-config-a-0", "part", [1, 2, 3]);
        (await setup.Copy().ReadAsync(Cancellation)).ShouldBeOfType<DurableRead.Damaged>();

        await setup.DeleteAsync("main-config-a-0");
        (await setup.Copy().ReadAsync(Cancellation)).ShouldBe(new DurableRead.Damaged("slot a-0 is missing"));
    }

    [Fact]
    public async Task What_a_gateway_of_the_same_name_left_behind_is_not_taken_and_is_replaced()
    {
        await using var setup = await DurableSetup.StartAsync();
        await WriteAsync(setup, setup.Config(3));
        var successor = setup.Gateway with { Metadata = setup.Gateway.Metadata with { Uid = "another" } };
        var copy = new DurableCopy(setup.Cluster.Client, new(setup.Cluster.Client, successor), successor);
        (await copy.ReadAsync(Cancellation)).ShouldBeOfType<DurableRead.Missing>();

        var config = new StampedConfig(setup.Config(1).Snapshot with { Gateway = "another" }, 1);
        (await copy.WriteAsync(config, LastValidVersions.Empty, Cancellation)).ShouldBeOfType<DurableWrite.Written>();

        (await copy.ReadAsync(Cancellation)).ShouldBeOfType<DurableRead.Found>();
        (await setup.FindAsync(Index))!.Metadata.OwnerReferences.ShouldHaveSingleItem().Uid.ShouldBe("another");
    }

    [Fact]
    public async Task Nothing_written_is_missing_and_a_server_that_is_gone_is_a_failure()
    {
        await using var setup = await DurableSetup.StartAsync();
        (await setup.Copy().ReadAsync(Cancellation)).ShouldBeOfType<DurableRead.Missing>();

        setup.Cluster.Double!.IsDown = true;

        (await setup.Copy().ReadAsync(Cancellation)).ShouldBeOfType<DurableRead.Failed>();
        (await WriteAsync(setup, setup.Config(1))).ShouldBeOfType<DurableWrite.Failed>();
    }

    private static Task<DurableWrite> WriteAsync(DurableSetup setup, StampedConfig config, LastValidVersions? lastValid = null) =>
        setup.Copy().WriteAsync(config, lastValid ?? LastValidVersions.Empty, Cancellation);

    private static async Task<DurableRead.Found> FindAsync(DurableSetup setup) =>
        (await setup.Copy().ReadAsync(Cancellation)).ShouldBeOfType<DurableRead.Found>();

    private static int Writes(DurableSetup setup) => setup.Cluster.Double!.Calls.Count(c => c.Verb is not "get");

    private static LastValidVersions Versions(string route) => new()
    {
        Routes = ImmutableSortedDictionary<string, ModelRoute>.Empty.Add($"default/{route}", new()
        {
            Metadata = new() { Name = route, Namespace = "default" },
            Spec = new() { GatewayRefs = [], Model = route, Targets = [] },
            Status = new() { ObservedGeneration = 1 },
        }),
    };

    /// <summary>Text that cannot be compressed below three quarters of its length.</summary>
    private static string Noise(int length) => RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", length);
}
