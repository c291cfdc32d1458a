namespace Operator.Reconcile;

/// <summary>
/// Where the revisions of a gateway's config are counted, so that they rise for ever, whoever leads: a file in standalone mode, an object
/// of the API server in a cluster.
/// </summary>
internal interface IRevisions
{
    /// <summary>
    /// A revision for a config with this hash, written down before it is returned. The last one where that has the same hash and is above
    /// <paramref name="above"/>, else one that is higher than both. Throws <see cref="IOException"/> where it could not be written down.
    /// </summary>
    /// <param name="hash">Of the config's content.</param>
    /// <param name="above">The highest revision that a gateway has shown; 0: none.</param>
    /// <param name="cancellation">Leaves the count as it was, or raised without use.</param>
    Task<long> ReserveAsync(string hash, long above, CancellationToken cancellation);
}
