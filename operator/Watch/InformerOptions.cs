using System.Collections.Immutable;

namespace Operator.Watch;

/// <summary>Which objects are watched, and how patiently.</summary>
internal sealed record InformerOptions
{
    /// <summary>The namespaces; empty: all of them, which needs a ClusterRole. Default empty.</summary>
    public ImmutableArray<string> Namespaces { get; init; } = [];

    /// <summary>As <c>kubectl -l</c> takes it; null: all.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>As <c>kubectl --field-selector</c> takes it; null: all.</summary>
    public string? FieldSelector { get; init; }

    /// <summary>Between attempts while the server does not answer as it should. Default 0.2 s to 30 s.</summary>
    public required Backoff Backoff { get; init; }

    /// <summary>
    /// How long the server is asked to keep a watch open; each watch takes up to twice as long, at random, so that they do not all end at
    /// once. Default 5 min, as in client-go.
    /// </summary>
    public TimeSpan WatchTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>From 0 up to, not including, 1.</summary>
    public required Func<double> Random { get; init; }
}
