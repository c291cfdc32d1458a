namespace Benchmarks.Cluster;

/// <summary>How much of everything.</summary>
internal sealed record OperatorPlan
{
    /// <summary>One after the other, of a small config.</summary>
    public required int Changes { get; init; }

    /// <summary>Of the large config.</summary>
    public required LoadSize Large { get; init; }

    /// <summary>That nobody names.</summary>
    public required int Secrets { get; init; }

    /// <summary>Of the operator, for each figure that needs some.</summary>
    public required int Restarts { get; init; }

    /// <summary>Of keys in the large config.</summary>
    public required int KeyChanges { get; init; }

    /// <summary>How long nothing happens.</summary>
    public required TimeSpan Rest { get; init; }

    public static OperatorPlan Full { get; } = new()
    {
        Changes = 200,
        Large = new(1000, 5000, 500),
        Secrets = 10_000,
        Restarts = 3,
        KeyChanges = 15,
        Rest = TimeSpan.FromSeconds(60),
    };

    /// <summary>To see quickly whether it runs; not to be reported.</summary>
    public static OperatorPlan Quick { get; } = new()
    {
        Changes = 20,
        Large = new(100, 500, 50),
        Secrets = 1000,
        Restarts = 1,
        KeyChanges = 3,
        Rest = TimeSpan.FromSeconds(15),
    };
}

/// <summary>How many objects of each kind one LlmGateway has.</summary>
internal readonly record struct LoadSize(int Routes, int Keys, int Budgets)
{
    /// <summary>As of a team that has left the samples behind.</summary>
    public static LoadSize Small { get; } = new(20, 100, 20);

    public int Total => Routes + Keys + Budgets;
}
