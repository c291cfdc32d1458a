using System.Collections.Immutable;

namespace Gateway.Server.Budget.Spool;

/// <summary>Numbers batches. Those of one session are delivered in this order: who takes them need remember no more than the last.</summary>
internal sealed class BatchSession
{
    private readonly string _id = Guid.CreateVersion7().ToString("N");
    private long _lastNumber;

    public SpoolBatch<T> Number<T>(ImmutableArray<T> items) => new(_id, ++_lastNumber, items);

    public bool Has<T>(SpoolBatch<T> batch) => batch.Session == _id;
}
