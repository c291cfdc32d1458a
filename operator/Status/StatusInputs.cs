using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Translate;

namespace Operator.Status;

/// <summary>All that the status of a gateway's resources is made of.</summary>
internal sealed record StatusInputs
{
    /// <summary>The resources, with the status that they have now.</summary>
    public required TranslateInputs Inputs { get; init; }

    /// <summary>What became of them.</summary>
    public required Translation Translation { get; init; }

    /// <summary>The config that is wanted on every pod, stamped; null where there is none.</summary>
    public ConfigSnapshot? Config { get; init; }

    /// <summary>The pods that there are.</summary>
    public ImmutableArray<PodReport> Pods { get; init; } = [];

    /// <summary>The counters of the budgets, as the gateway counts them.</summary>
    public ImmutableArray<BudgetCounter> Counters { get; init; } = [];

    /// <summary>When the gateway was asked for them; null: it has not answered yet.</summary>
    public DateTimeOffset? CountersTime { get; init; }

    /// <summary>Ids of budgets of which no pod knows yet what others have spent.</summary>
    public ImmutableHashSet<string> UnreadBudgets { get; init; } = [];

    /// <summary>Whether <see cref="Counters"/> says where this budget stands; else what was known of it last stays.</summary>
    public bool IsCounted(string budget) => CountersTime is not null && !UnreadBudgets.Contains(budget);

    /// <summary>Where callers reach the gateway.</summary>
    public string? Url { get; init; }

    /// <summary>Selector of the pods, as text; null where there are none to select.</summary>
    public string? Selector { get; init; }

    /// <summary>
    /// What is not as it should be with the objects that the gateway is made of, each in a sentence; null where it is made of none.
    /// </summary>
    public ImmutableArray<string>? ChildProblems { get; init; }

    /// <summary>Ids of the alerts that the webhook has taken, or that are given up.</summary>
    public ImmutableHashSet<string> SettledAlerts { get; init; } = [];

    /// <summary>Whether spend survives the loss of a pod.</summary>
    public required Judgement Durable { get; init; }

    /// <summary>The moment that the status speaks of; what is written has whole seconds.</summary>
    public required DateTimeOffset Now { get; init; }
}

/// <summary>Where one pod stands.</summary>
internal sealed record PodReport
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it serves.</summary>
    public bool IsReady { get; init; }

    /// <summary>The revision that it has acknowledged last; 0: none.</summary>
    public long Revision { get; init; }

    /// <summary>When it did.</summary>
    public DateTimeOffset? AcknowledgedTime { get; init; }

    /// <summary>True where it has refused the wanted config.</summary>
    public bool HasRefused { get; init; }

    /// <summary>Whether it reaches its databases; those that it has not told of are not in it.</summary>
    public ImmutableArray<StoreStatus> Stores { get; init; } = [];

    /// <summary>Why it does not serve the wanted config; empty where it does.</summary>
    public string Problem { get; init; } = "";
}
