namespace Operator.Reconcile;

/// <summary>How a round of the line has ended. A closed set: each case says when the next one comes.</summary>
internal abstract record LineResult
{
    /// <summary>All is as it should be.</summary>
    /// <param name="Again">When time alone asks for another round; null: never.</param>
    public sealed record Done(TimeSpan? Again) : LineResult;

    /// <summary>Something failed that another round may mend: with a pause that grows.</summary>
    /// <param name="Why">For the log. Holds no secrets.</param>
    /// <param name="AtLeast">The pause that the server asks for.</param>
    public sealed record RetryAfter(string Why, TimeSpan AtLeast) : LineResult;

    /// <summary>What matters most is done; what is left has failed and is tried again, or with the next change.</summary>
    /// <param name="Why">For the log. Holds no secrets.</param>
    /// <param name="Again">After which time.</param>
    public sealed record Partly(string Why, TimeSpan Again) : LineResult;

    /// <summary>Only a change of the resources helps; its watch will tell.</summary>
    public sealed record Terminal(string Why) : LineResult;
}
