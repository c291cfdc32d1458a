using Operator.Push;
using Operator.Tests.Kubernetes;
using Operator.Tests.Push;
using Operator.Translate;
using Support.ApiServer;

namespace Operator.Tests.Reconcile;

public sealed class ClusterRevisionsTests
{
    private const string Index = "main-config-index";

    public static TheoryData<string> Servers => ContractTests.Servers;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Servers))]
    public async Task Another_content_gets_a_higher_revision_and_the_same_keeps_its_own(string server)
    {
        await using var setup = await DurableSetup.StartAsync(server);
        var revisions = setup.Revisions();

        (await revisions.ReserveAsync("a", 0, Cancellation)).ShouldBe(1);
        (await revisions.ReserveAsync("a", 0, Cancellation)).ShouldBe(1);
        (await revisions.ReserveAsync("b", 0, Cancellation)).ShouldBe(2);
        (await revisions.ReserveAsync("a", 0, Cancellation)).ShouldBe(3);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task The_count_goes_on_after_a_restart_of_the_operator(string server)
    {
        await using var setup = await DurableSetup.StartAsync(server);
        await setup.Revisions().ReserveAsync("a", 0, Cancellation);
        await setup.Revisions().ReserveAsync("b", 0, Cancellation);

        (await setup.Revisions().ReserveAsync("b", 0, Cancellation)).ShouldBe(2);
        (await setup.Revisions().ReserveAsync("c", 0, Cancellation)).ShouldBe(3);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task A_revision_is_above_what_a_pod_has_shown_for_the_same_content_too(string server)
    {
        await using var setup = await DurableSetup.StartAsync(server);
        var revisions = setup.Revisions();
        await revisions.ReserveAsync("a", 0, Cancellation);

        (await revisions.ReserveAsync("a", 41, Cancellation)).ShouldBe(42);
        (await revisions.ReserveAsync("a", 41, Cancellation)).ShouldBe(42);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task An_index_that_was_deleted_goes_on_above_what_pods_show(string server)
    {
        await using var setup = await DurableSetup.StartAsync(server);
        var revisions = setup.Revisions();
        await revisions.ReserveAsync("a", 6, Cancellation);
        await setup.DeleteAsync(Index);

        (await revisions.ReserveAsync("a", 7, Cancellation)).ShouldBe(8);
    }

    [Fact]
    public async Task An_index_from_an_old_backup_goes_on_above_what_pods_show()
    {
        await using var setup = await DurableSetup.StartAsync();
        var revisions = setup.Revisions();
        await revisions.ReserveAsync("a", 0, Cancellation);
        var backup = setup.Cluster.Double!.Save();
        await revisions.ReserveAsync("b", 0, Cancellation);
        await revisions.ReserveAsync("c", 0, Cancellation);
        setup.Cluster.Double!.Restore(backup);

        (await revisions.ReserveAsync("c", 3, Cancellation)).ShouldBe(4);
    }

    [Fact]
    public async Task A_count_that_was_damaged_goes_on_above_the_durable_copy()
    {
        await using var setup = await DurableSetup.StartAsync();
        await setup.Copy().WriteAsync(setup.Config(9), LastValidVersions.Empty, Cancellation);
        await setup.EditAsync(Index, ConfigIndex.RevisionKey, "no JSON"u8.ToArray());

        (await setup.Revisions().ReserveAsync("other", 0, Cancellation)).ShouldBe(10);
    }

    [Fact]
    public async Task A_count_that_cannot_be_goes_on_above_the_durable_copy()
    {
        await using var setup = await DurableSetup.StartAsync();
        await setup.Copy().WriteAsync(setup.Config(9), LastValidVersions.Empty, Cancellation);
        await setup.EditAsync(Index, ConfigIndex.RevisionKey, """{"revision":9223372036854775807,"hash":"h"}"""u8.ToArray());

        (await setup.Revisions().ReserveAsync("other", 0, Cancellation)).ShouldBe(10);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Two_operators_at_once_never_share_a_revision(string server)
    {
        await using var setup = await DurableSetup.StartAsync(server);

        var reserved = await Task.WhenAll(
            setup.Revisions().ReserveAsync("a", 0, Cancellation), setup.Revisions().ReserveAsync("b", 0, Cancellation));

        reserved.Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public async Task A_conflict_is_read_again_and_a_storm_of_them_is_an_error()
    {
        await using var setup = await DurableSetup.StartAsync();
        await setup.Revisions().ReserveAsync("a", 0, Cancellation);
        var conflict = new ApiFault.Answer(409, "Conflict");

        setup.Cluster.Double!.Inject(conflict, c => c.Verb == "patch", times: 2);
        (await setup.Revisions().ReserveAsync("b", 0, Cancellation)).ShouldBe(2);

        setup.Cluster.Double!.Inject(conflict, c => c.Verb == "patch", times: 100);
        (await Should.ThrowAsync<IOException>(() => setup.Revisions().ReserveAsync("c", 0, Cancellation))).Message.ShouldContain("Conflict");
    }

    [Fact]
    public async Task A_write_whose_answer_was_lost_is_found_by_the_next_attempt()
    {
        await using var setup = await DurableSetup.StartAsync();
        await setup.Revisions().ReserveAsync("a", 0, Cancellation);
        setup.Cluster.Double!.Inject(new ApiFault.LostAnswer(), c => c.Verb == "patch");

        await Should.ThrowAsync<IOException>(() => setup.Revisions().ReserveAsync("b", 0, Cancellation));

        (await setup.Revisions().ReserveAsync("b", 0, Cancellation)).ShouldBe(2);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task The_index_belongs_to_its_gateway(string server)
    {
        await using var setup = await DurableSetup.StartAsync(server);

        await setup.Revisions().ReserveAsync("a", 0, Cancellation);

        var owner = (await setup.FindAsync(Index))!.Metadata.OwnerReferences.ShouldHaveSingleItem();
        (owner.Kind, owner.Name, owner.Uid).ShouldBe(("LlmGateway", "main", setup.Gateway.Metadata.Uid));
    }
}
