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
    /// <param name="given">The ConfigMap with what it applies; null: there is none.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<string?> ProblemAsync(ObjectKey? lease, ObjectKey? given, CancellationToken cancellation)
    {
        if (await ReleaseProblemAsync(cancellation) is { } old)
            return old;
        foreach (var type in GivenObjects.Kinds.Values)
        {
            if (ProblemOf(type, await FailureAsync(type, cancellation)) is { } missing)
                return missing;
        }

        var denied = await new MissingRights(client).OfAsync([.. Needed(lease, given)], cancellation);
        return denied switch
        {
            { Failure: { } failure } => ProblemOf(failure),
            { Value: { IsEmpty: false } rights } =>
                $"the operator may not {MissingRights.Text(rights)}: install its roles with `kubectl apply --server-side -k {Roles}`, "
                + "or the chart's `rbac.create`",
            _ => null,
        };
    }

    /// <summary>All that it will ever do, but for kinds that a cluster may lack: those that it may not list it does without.</summary>
    private IEnumerable<AccessQuestion> Needed(ObjectKey? lease, ObjectKey? given)
    {
        var optional = s_optional.Select(k => k.Plural).ToHashSet(StringComparer.Ordinal);
        var everywhere = Permissions.Watched.Where(p => !optional.Contains(p.Resource)).ToImmutableArray();
        var questions = namespaces.IsEmpty
            ? everywhere.Concat(Permissions.Cluster).SelectMany(p => p.Questions(""))
            : namespaces.SelectMany(ns => everywhere.SelectMany(p => p.Questions(ns)));
        if (lease is { } held)
            questions = questions.Concat(Permissions.Home.SelectMany(p => p.Questions(held.Namespace)));
        if (given is { } map)
        {
            questions = questions.Concat(Permissions.Given.SelectMany(p =>
                p.Questions(map.Namespace, p.Resource == "configmaps" ? map.Name : "")));
        }

        return questions.Distinct();
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

    /// <summary>A right to read that is missing is told with all the others.</summary>
    private static string? ProblemOf(ResourceType<PartialObjectMetadata> type, ApiFailure? failure) => failure switch
    {
        null or { Reason: ApiFailureReason.Forbidden } => null,
        { Reason: ApiFailureReason.UnknownResource } =>
            $"the API server does not know {type}: install the definitions with `kubectl apply --server-side -k crds`, or the chart's "
            + "`crds.enabled`",
        _ => ProblemOf(failure),
    };

    private static string ProblemOf(ApiFailure failure) => failure.Reason == ApiFailureReason.Unauthorized
        ? "the API server does not take the credentials of the operator: look at its service account or kubeconfig"
        : $"the API server does not answer: {failure}";

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
