namespace Operator.Translate.Checks;

/// <summary>What checks may know besides the object.</summary>
internal sealed record CheckContext
{
    /// <summary>Standalone only.</summary>
    public required bool AllowLoopbackUpstreams { get; init; }

    /// <summary>The moment of the translation.</summary>
    public required DateTimeOffset Now { get; init; }
}
