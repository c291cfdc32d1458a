using System.Collections.Concurrent;
using System.Collections.Immutable;
using Operator.Kubernetes;

namespace Operator.Hosting;

/// <summary>Which of the things that it needs a caller may not do.</summary>
internal sealed class MissingRights(KubernetesClient client)
{
    private const int AtOnce = 16;

    /// <summary>
    /// Those that the API server denies, in their order; a failure where it does not answer. One that has no answer for such questions is
    /// taken to allow them.
    /// </summary>
    public async Task<ApiOutcome<ImmutableList<AccessQuestion>>> OfAsync(
        ImmutableArray<AccessQuestion> needed, CancellationToken cancellation)
    {
        var denied = new ConcurrentDictionary<AccessQuestion, bool>();
        var failures = new ConcurrentQueue<ApiFailure>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation };
        await Parallel.ForEachAsync(needed, options, async (question, stop) =>
        {
            if (!failures.IsEmpty)
                return;
            var answer = await client.MayAsync(question, stop);
            if (answer.Value is { IsAllowed: false })
                denied[question] = true;
            else if (answer.Failure is { IsByRule: false, Reason: not (ApiFailureReason.UnknownResource or ApiFailureReason.Unreadable) })
                failures.Enqueue(answer.Failure);
        });
        return failures.TryPeek(out var first) ? first : needed.Where(denied.ContainsKey).ToImmutableList();
    }

    /// <summary>As <c>create, patch deployments.apps, services; patch leases.coordination.k8s.io in llm</c>. Pure.</summary>
    public static string Text(IEnumerable<AccessQuestion> denied) => string.Join("; ", denied
        .GroupBy(q => (q.Namespace, Resource: FullName(q)))
        .GroupBy(r => (r.Key.Namespace, Verbs: string.Join(", ", r.Select(q => q.Verb))), r => r.Key.Resource)
        .Select(r => $"{r.Key.Verbs} {string.Join(", ", r)}{(r.Key.Namespace.Length > 0 ? $" in {r.Key.Namespace}" : "")}"));

    private static string FullName(AccessQuestion question)
    {
        var resource = question.Resource.Split('/');
        string?[] parts = [question.Group.Length > 0 ? $"{resource[0]}.{question.Group}" : resource[0], resource.ElementAtOrDefault(1)];
        return string.Join('/', parts.Where(p => p is not null)) + (question.Name.Length > 0 ? $" {question.Name}" : "");
    }
}
