namespace Operator.Api;

/// <summary>What an event tells of an object.</summary>
/// <param name="Reason">See <see cref="EventReasons"/>; of a condition that does not hold, its own reason.</param>
/// <param name="IsWarning">Whether somebody should look.</param>
/// <param name="Note">For people. Of keys it names the public part, and no more.</param>
internal sealed record ObjectNews(string Reason, bool IsWarning, string Note);

/// <summary>
/// Reasons of events. A reason never changes its meaning. An object whose condition does not hold has a Warning with the reason of the
/// condition (<see cref="ConditionReasons"/>) beside these.
/// </summary>
internal static class EventReasons
{
    /// <summary>VirtualKey: the first key was made.</summary>
    public const string KeyCreated = "KeyCreated";

    /// <summary>VirtualKey, Warning: the key was deleted from outside. There is a new one; the old one is refused.</summary>
    public const string KeyRegenerated = "KeyRegenerated";

    /// <summary>VirtualKey: a next key was made; both are taken.</summary>
    public const string KeyRotating = "KeyRotating";

    /// <summary>VirtualKey: the next key is the key; the one before is taken until the end of the overlap.</summary>
    public const string KeyRotated = "KeyRotated";

    /// <summary>VirtualKey: its time is over; it is refused.</summary>
    public const string KeyExpired = "KeyExpired";

    /// <summary>Budget, Warning: spend has reached one of the percentages of <c>warnAtPercent</c>.</summary>
    public const string BudgetThresholdReached = "BudgetThresholdReached";

    /// <summary>Budget, Warning: spend has reached the limit.</summary>
    public const string BudgetExceeded = "BudgetExceeded";

    /// <summary>Budget: a new period has begun after one whose limit was reached.</summary>
    public const string BudgetReset = "BudgetReset";

    /// <summary>LlmGateway: keys that were deleted or blocked are refused by every pod that serves.</summary>
    public const string KeysRevoked = "KeysRevoked";

    /// <summary>LlmGateway, Warning: a pod has lost rows of the ledger. Counters have them, reports never will.</summary>
    public const string LedgerRowsLost = "LedgerRowsLost";

    /// <summary>All kinds, Warning: this version cannot be read; what was in force before stays.</summary>
    public const string Unreadable = "Unreadable";

    /// <summary>LlmGateway: every ready pod serves the config of this generation.</summary>
    public const string Programmed = "Programmed";
}
