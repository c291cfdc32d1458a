using Operator.Kubernetes;

namespace Operator.Reconcile;

/// <summary>
/// The pause that the API server has asked one part of a line for (429). That part comes again after it; the rest of the line goes on,
/// because a block must not wait for what can wait.
/// https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
/// </summary>
internal sealed class ServerPause(TimeProvider time)
{
    /// <summary>Where the server names no pause, and at least.</summary>
    private static readonly TimeSpan s_usual = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan s_max = TimeSpan.FromSeconds(30);

    private DateTimeOffset _until;

    /// <summary>When it is over; null: it is.</summary>
    public DateTimeOffset? Until => time.GetUtcNow() < _until ? _until : null;

    /// <summary>Takes the longest pause that these ask for.</summary>
    /// <returns>When it is over; null: none of them asks for one.</returns>
    public DateTimeOffset? Take(IEnumerable<ApiFailure> failures)
    {
        if (failures.Where(f => f.IsPutOff).Max(f => (TimeSpan?)(f.RetryAfter ?? s_usual)) is not { } asked)
            return null;
        _until = time.GetUtcNow() + (asked < s_usual ? s_usual : asked > s_max ? s_max : asked);
        return _until;
    }
}
