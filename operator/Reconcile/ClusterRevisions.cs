using Operator.Kubernetes;
using Operator.Push;

namespace Operator.Reconcile;

/// <summary>
/// The count of revisions in the index Secret of a gateway, so that whoever leads next goes on from there. An index that was lost or
/// restored to an older state goes on above what pods show.
/// </summary>
/// <param name="index">Where it is counted.</param>
/// <param name="isLeader">Asked before each write: who has lost the lease counts no more.</param>
/// <param name="confirmAsync">
/// Asked in its place where somebody else has written the index: whoever has slept meanwhile believes to lead, and would put what it knows
/// above what is newer.
/// </param>
internal sealed class ClusterRevisions(ConfigIndex index, Func<bool> isLeader, Func<CancellationToken, Task<bool>> confirmAsync)
    : IRevisions
{
    /// <inheritdoc/>
    public async Task<long> ReserveAsync(string hash, long above, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            var read = await index.ReadAsync(cancellation);
            if (!read.IsSuccess)
                throw new NotReservedException(read.Failure);
            var last = read.Value.Last();
            if (last.Hash == hash && last.Revision > above)
                return last.Revision;
            var isUntouched = read.Value.ResourceVersion == index.Version;
            if (!(isUntouched ? isLeader() : await confirmAsync(cancellation)))
                throw new IOException("no revision could be reserved: another leads");
            var next = new Reservation { Revision = Math.Max(last.Revision, above) + 1, Hash = hash };
            if (await index.WriteAsync(read.Value, next, cancellation) is not { } failure)
                return next.Revision;
            if (!ConfigIndex.IsRace(failure) || attempt == ConfigIndex.MaxAttempts)
                throw new NotReservedException(failure);
        }
    }
}

/// <summary>The API server did not take the count.</summary>
internal sealed class NotReservedException(ApiFailure failure) : IOException($"no revision could be reserved: {failure}")
{
    /// <summary>The pause that it asks for; zero where it names none.</summary>
    public TimeSpan RetryAfter => failure.RetryAfter ?? TimeSpan.Zero;

    /// <summary>Whether a rule of it (quota, policy, rights) refuses: trying again helps once somebody changes that.</summary>
    public bool IsByRule => failure.IsByRule;
}
