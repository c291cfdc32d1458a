using System.Collections.Immutable;
using Operator.Children;
using Operator.Kubernetes;

namespace Operator.Hosting;

/// <summary>
/// What the operator asks of a cluster before it begins, so that what is missing is one line and not a loop; and whether that has changed.
/// </summary>
internal sealed class Preflight(KubernetesClient client, ImmutableArray<string> namespaces)
{
    /// <summary>The oldest API server that the operator is made for; the chart's <c>kubeVersion</c> is the same.</summary>
    public static readonly Version OldestRelease = new(1, 32);

    private static readonly ImmutableArray<ChildKind> s_optional = [ChildKind.HttpRoute, ChildKind.PodMonitor];

    /// <summary>Between two looks at which kinds there are. A watch of definitions would need rights in the whole cluster.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(10);

    /// <summary>Why it cannot run, and what to do; null: it can.</summary>
    /// <param name="lease">The lease that it must hold before it writes; null: it leads without one.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<string?> ProblemAsync(ObjectKey? lease, CancellationToken cancellation)
    {
        if (await ReleaseProblemAsync(cancellation) is { } old)
            return old;
        foreach (var type in Watched())
        {
            if (ProblemOf(type, await FailureAsync(type, cancellation)) is { } missing)
                return missing;
        }

        return lease is { } key ? await LeaseProblemAsync(key, cancellation) : null;
    }

    /// <summary>Kinds of children that this cluster knows beside those of Kubernetes itself, and that the operator may list.</summary>
    /// <param name="before">What was known: for a kind of which the API server says nothing now, that holds.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<ImmutableArray<ChildKind>> OptionalKindsAsync(ImmutableArray<ChildKind> before, CancellationToken cancellation)
    {
        var known = ImmutableArray.CreateBuilder<ChildKind>();
        foreach (var kind in s_optional)
        {
            if (await FailureAsync(Metadata(kind), cancellation) switch
                {
                    null => true,
                    { Reason: ApiFailureReason.UnknownResource or ApiFailureReason.Forbidden } => false,
                    _ => before.Contains(kind),
                })
            {
                known.Add(kind);
            }
        }

        return known.ToImmutable();
    }

    /// <summary>Ends when <see cref="OptionalKindsAsync"/> has another answer than it had.</summary>
    public async Task KindsChangeAsync(ImmutableArray<ChildKind> before, TimeProvider time, CancellationToken cancellation)
    {
        do
            await Task.Delay(s_look, time, cancellation);
        while ((await OptionalKindsAsync(before, cancellation)).SequenceEqual(before));
    }

    /// <summary>First, because an old server refuses the definitions, too.</summary>
    private async Task<string?> ReleaseProblemAsync(CancellationToken cancellation)
    {
        var outcome = await client.ServerVersionAsync(cancellation);
        return outcome switch
        {
            { Value: { Release: { } release } version } when release < OldestRelease =>
                $"the API server is too old ({version.Text}): upgrade the cluster to Kubernetes {OldestRelease} or later",

            // A cluster may keep it to itself; what is needed of it is asked for all the same.
            { Failure: { IsByRule: false, Reason: not (ApiFailureReason.UnknownResource or ApiFailureReason.Unreadable) } failure } =>
                ProblemOf(failure),
            _ => null,
        };
    }

    private async Task<string?> LeaseProblemAsync(ObjectKey lease, CancellationToken cancellation)
    {
        var type = ResourceTypes.Leases.MetadataOnly();
        var outcome = await client.GetAsync(type, lease, cancellation);
        return outcome.FailedBy(ApiFailureReason.NotFound) ? null : ProblemOf(type, outcome.Failure);
    }

    private string? ProblemOf(ResourceType<PartialObjectMetadata> type, ApiFailure? failure) => failure switch
    {
        null => null,
        { Reason: ApiFailureReason.UnknownResource } =>
            $"the API server does not know {type}: install the definitions with `kubectl apply --server-side -k crds`, or the chart's "
            + "`crds.enabled`",
        { Reason: ApiFailureReason.Forbidden } =>
            $"the operator may not read {type}: install its roles with `kubectl apply --server-side -k {Roles}`, or the chart's "
            + $"`rbac.create` ({failure.Message})",
        _ => ProblemOf(failure),
    };

    private static string ProblemOf(ApiFailure failure) => failure.Reason == ApiFailureReason.Unauthorized
        ? "the API server does not take the credentials of the operator: look at its service account or kubeconfig"
        : $"the API server does not answer: {failure}";

    /// <summary>What <see cref="Watch.ClusterView"/> lists: without one of them it would never be ready. The four kinds come first.</summary>
    private IEnumerable<ResourceType<PartialObjectMetadata>> Watched() =>
    [
        ResourceTypes.LlmGateways.MetadataOnly(),
        ResourceTypes.ModelRoutes.MetadataOnly(),
        ResourceTypes.VirtualKeys.MetadataOnly(),
        ResourceTypes.Budgets.MetadataOnly(),
        ResourceTypes.Pods.MetadataOnly(),
        .. namespaces.IsEmpty ? [ResourceTypes.Namespaces.MetadataOnly()] : ImmutableArray<ResourceType<PartialObjectMetadata>>.Empty,
        .. ChildKind.All.Except(s_optional).Select(Metadata),
    ];

    private string Roles => namespaces.IsEmpty ? "config/default" : "config/namespaced";

    private async Task<ApiFailure?> FailureAsync(ResourceType<PartialObjectMetadata> type, CancellationToken cancellation)
    {
        foreach (var scope in namespaces.IsEmpty ? [null] : namespaces.Cast<string?>())
        {
            var version = await client.VersionAsync(type, new() { Namespace = scope }, cancellation);
            if (!version.IsSuccess)
                return version.Failure;
        }

        return null;
    }

    private static ResourceType<PartialObjectMetadata> Metadata(ChildKind kind) =>
        new() { ApiVersion = kind.ApiVersion, Plural = kind.Plural, IsMetadataOnly = true };
}
