using Operator.Kubernetes;
using Operator.Push;

namespace Operator.Reconcile;

/// <summary>
/// The count of revisions in the index Secret of a gateway, so that whoever leads next goes on from there. An index that was lost or restored
/// to an older state goes on above what pods show.
/// </summary>
/// <param name="index">Where it is counted.</param>
/// <param name="isLeader">Asked before each write: who has lost the lease counts no more.</param>
/// <param name="confirmAsync">
/// Asked in its place where somebody else has written the index: whoever has slept meanwhile believes to lead, and would put what it knows
/// above what is newer.
/// </param>
internal sealed class ClusterRevisions(ConfigIndex index, Func<bool> isLeader, Func<CancellationToken, Task<bool>> confirmAsync) : IRevisions
{
    /// <inheritdoc/>
    public async Task<long> ReserveAsync(string hash, long above, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            var read = await index.ReadAsync(cancellation);
            if (!read.IsSuccess)
                throw NotReserved(read.Failure);
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
                throw NotReserved(failure);
        }
    }

    private static IOException NotReserved(ApiFailure failure)
    {
        var message = $"no revision could be reserved: {failure}";
        return failure.IsByRule ? new RevisionRefusedException(message) : new IOException(message);
    }
}

/// <summary>A rule of the API server (quota, policy, rights) refuses to count: trying again helps once somebody changes it.</summary>
internal sealed class RevisionRefusedException(string message) : IOException(message);
