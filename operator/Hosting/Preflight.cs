using System.Collections.Immutable;
using Operator.Api;
using Operator.Children;
using Operator.Kubernetes;

namespace Operator.Hosting;

/// <summary>
/// What the operator asks of a cluster before it begins, so that what is missing is one line and not a loop; and whether that has changed.
/// </summary>
internal sealed class Preflight(KubernetesClient client, ImmutableArray<string> namespaces)
{
    private static readonly ImmutableArray<ChildKind> s_optional = [ChildKind.HttpRoute, ChildKind.PodMonitor];

    /// <summary>Between two looks at which kinds there are. A watch of definitions would need rights in the whole cluster.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(10);

    /// <summary>Why it cannot run, and what to do; null: it can.</summary>
    public async Task<string?> ProblemAsync(CancellationToken cancellation) =>
        await ProblemAsync(ResourceTypes.LlmGateways, cancellation)
        ?? await ProblemAsync(ResourceTypes.ModelRoutes, cancellation)
        ?? await ProblemAsync(ResourceTypes.VirtualKeys, cancellation)
        ?? await ProblemAsync(ResourceTypes.Budgets, cancellation)
        ?? await ProblemAsync(ResourceTypes.Secrets, cancellation);

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

    private async Task<string?> ProblemAsync<T>(ResourceType<T> type, CancellationToken cancellation)
        where T : KubernetesObject => await FailureAsync(type, cancellation) switch
        {
            null => null,
            { Reason: ApiFailureReason.UnknownResource } =>
                $"the API server does not know {type}: install the definitions with `kubectl apply --server-side -k crds`",
            { Reason: ApiFailureReason.Forbidden } failure =>
                $"the operator may not list {type}: install its roles with `kubectl apply --server-side -k {Roles}` ({failure.Message})",
            { Reason: ApiFailureReason.Unauthorized } =>
                "the API server does not take the credentials of the operator: look at its service account or kubeconfig",
            var failure => $"the API server does not answer: {failure}",
        };

    private string Roles => namespaces.IsEmpty ? "config/default" : "config/namespaced";

    private async Task<ApiFailure?> FailureAsync<T>(ResourceType<T> type, CancellationToken cancellation)
        where T : KubernetesObject
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
