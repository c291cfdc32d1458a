using System.Collections.Immutable;
using Operator.Api;
using Operator.Children;

namespace Operator.Tests.Children;

public sealed class PruningTests
{
    private const string Autoscaled =
        "{apiVersion: llmgateway.dev/v1alpha1, kind: LlmGateway, metadata: {name: main, namespace: team}, "
        + "spec: {postgres: {secretRef: {name: db}}, replicas: 2, autoscaling: {maxReplicas: 4}, exposure: {ingress: {host: llm.example.com}}}}";

    private const string Plain =
        "{apiVersion: llmgateway.dev/v1alpha1, kind: LlmGateway, metadata: {name: main, namespace: team}, "
        + "spec: {networkPolicy: {mode: Disabled}, serviceAccount: {name: existing}}}";

    private static readonly ChildrenInputs s_plain = ChildrenCase.Of(Plain);
    private static readonly DesiredChildren s_desired = GatewayChildren.Build(s_plain);

    [Fact]
    public void Children_that_are_not_wanted_any_more_go_and_all_others_stay()
    {
        var before = GatewayChildren.Build(ChildrenCase.Of(Autoscaled));
        var existing = before.Objects.Select(o => o.Id).Concat(before.Kept).Select(id => Existing(id));

        var unwanted = Pruning.Unwanted(s_plain.Gateway, s_desired, existing);

        unwanted.Select(e => e.Id.ToString()).ShouldBe(
            [
                "ServiceAccount main", "NetworkPolicy main", "PodDisruptionBudget main", "HorizontalPodAutoscaler main", "Ingress main",
            ],
            ignoreOrder: true);
    }

    [Fact]
    public void Objects_of_others_are_never_pruned()
    {
        var id = new ChildId(ChildKind.Ingress, "main");
        ExistingChild[] existing =
        [
            Existing(id, owners: []),
            Existing(id, Owner("uid-of-a-former-gateway")),
            Existing(id, Owner(ChildrenCase.GatewayUid) with { Controller = null }),
        ];

        Pruning.Unwanted(s_plain.Gateway, s_desired, existing).ShouldBeEmpty();
    }

    [Fact]
    public void What_is_being_deleted_already_is_not_deleted_again()
    {
        var existing = Existing(new(ChildKind.Ingress, "main"));
        var leaving = existing with { Metadata = existing.Metadata with { DeletionTimestamp = DateTimeOffset.UnixEpoch } };

        Pruning.Unwanted(s_plain.Gateway, s_desired, [leaving]).ShouldBeEmpty();
    }

    [Fact]
    public void The_claim_of_a_journal_is_kept_when_storage_changes()
    {
        var claim = Existing(new(ChildKind.PersistentVolumeClaim, "main-state"), owners: []);

        Pruning.Unwanted(s_plain.Gateway, s_desired, [claim]).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Service", "main")]
    [InlineData("Secret", "main-admin")]
    [InlineData("Secret", "main-config-a-0")]
    public void An_object_of_somebody_else_in_the_place_of_a_child_is_found(string kind, string name)
    {
        var id = new ChildId(ChildKind.All.Single(k => k.Kind == kind), name);

        Pruning.InTheWay(s_plain.Gateway, s_desired, [Existing(id)]).ShouldBeEmpty();
        Pruning.InTheWay(s_plain.Gateway, s_desired, [Existing(id, owners: [])]).Single().Id.ShouldBe(id);
        Pruning.InTheWay(s_plain.Gateway, s_desired, [Existing(id, Owner("uid-of-a-former-gateway"))]).Single().Id.ShouldBe(id);
    }

    [Fact]
    public void The_claim_of_a_former_gateway_is_taken_over_and_a_claim_of_somebody_else_is_not()
    {
        var inputs = ChildrenCase.Of(
            "{apiVersion: llmgateway.dev/v1alpha1, kind: LlmGateway, metadata: {name: main, namespace: team}, "
            + "spec: {storage: {persistentVolumeClaim: {}}}}");
        var desired = GatewayChildren.Build(inputs);
        var foreign = Existing(new(ChildKind.PersistentVolumeClaim, "main-state"), owners: []);
        var ours = foreign with { Metadata = foreign.Metadata with { Labels = Labels("app.kubernetes.io/managed-by", "llmgateway.dev") } };

        Pruning.InTheWay(inputs.Gateway, desired, [ours]).ShouldBeEmpty();
        Pruning.InTheWay(inputs.Gateway, desired, [foreign]).ShouldHaveSingleItem();
    }

    private static ExistingChild Existing(ChildId id) => Existing(id, Owner(ChildrenCase.GatewayUid));

    private static ExistingChild Existing(ChildId id, params ImmutableArray<OwnerReference> owners) =>
        new(id.Kind, new() { Name = id.Name, Namespace = "team", OwnerReferences = owners });

    private static OwnerReference Owner(string uid) =>
        new() { ApiVersion = ResourceGroup.ApiVersion, Kind = LlmGateway.KindName, Name = "main", Uid = uid, Controller = true };

    private static ImmutableSortedDictionary<string, string> Labels(string key, string value) =>
        ImmutableSortedDictionary<string, string>.Empty.Add(key, value);
}
