namespace Operator.Telemetry;

/// <summary>How one reconcile ended, as controller-runtime tells it apart.</summary>
internal enum ReconcileResult
{
    /// <summary>All is as it should be.</summary>
    Success,

    /// <summary>To be done again, with a delay that grows, although nothing failed (a conflict with another writer).</summary>
    Requeue,

    /// <summary>To be done again at a known time.</summary>
    RequeueAfter,

    /// <summary>Something failed that may go well the next time.</summary>
    Error,

    /// <summary>Something failed that only another change can mend. Counted as an error too.</summary>
    TerminalError,
}
