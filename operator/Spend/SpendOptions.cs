using System.Collections.Immutable;

namespace Operator.Spend;

/// <summary>What the command line says.</summary>
internal sealed record SpendOptions
{
    /// <summary>A kubeconfig file; null: as kubectl finds one.</summary>
    public string? KubeConfig { get; init; }

    /// <summary>A context of it; null: the current one.</summary>
    public string? Context { get; init; }

    /// <summary>Where the gateways are; null: the namespace of the context.</summary>
    public string? Namespace { get; init; }

    /// <summary>Those of all namespaces. Default false.</summary>
    public bool AllNamespaces { get; init; }

    /// <summary>The LlmGateway; null: all that are found.</summary>
    public string? Gateway { get; init; }

    /// <summary>The state folder of standalone mode, which is asked instead of a cluster; null: a cluster.</summary>
    public string? State { get; init; }

    /// <summary>As <c>group_by</c> of <c>GET /spend/report</c>; empty: the total alone. Default: by key.</summary>
    public string GroupBy { get; init; } = "key";

    /// <summary>The time up to now; null: see <see cref="StartDate"/>.</summary>
    public TimeSpan? Since { get; init; }

    /// <summary>As <c>start_date</c> of <c>GET /spend/report</c>; null, with no <see cref="EndDate"/> either: the first of this month.</summary>
    public string? StartDate { get; init; }

    /// <summary>As <c>end_date</c>; null: the end of today.</summary>
    public string? EndDate { get; init; }

    /// <summary>Other parameters of <c>GET /spend/report</c>.</summary>
    public ImmutableArray<(string Name, string Value)> Filters { get; init; } = [];

    /// <summary>How it is printed.</summary>
    public SpendFormat Format { get; init; }
}

/// <summary>How reports are printed.</summary>
internal enum SpendFormat
{
    /// <summary>For people.</summary>
    Table,

    /// <summary>As <c>GET /spend/report</c> answers, each line with the gateway that it is of.</summary>
    Json,

    /// <summary>The lines of the JSON for spreadsheets.</summary>
    Csv,
}
