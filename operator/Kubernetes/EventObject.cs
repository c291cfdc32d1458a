using System.Text.Json.Serialization;
using Operator.Api;

namespace Operator.Kubernetes;

/// <summary>
/// Something that happened to an object, as <c>kubectl describe</c> and <c>kubectl events</c> show it.
/// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
/// </summary>
internal sealed record EventObject() : KubernetesObject(GroupVersion, "Event")
{
    public const string GroupVersion = "events.k8s.io/v1";

    /// <summary>When it happened first.</summary>
    [JsonConverter(typeof(MicroTime))]
    public DateTimeOffset? EventTime { get; init; }

    /// <summary>Who tells it: a qualified name.</summary>
    public string? ReportingController { get; init; }

    /// <summary>Which of its processes; at most 128 characters.</summary>
    public string? ReportingInstance { get; init; }

    /// <summary>What was done; at most 128 characters.</summary>
    public string? Action { get; init; }

    /// <summary>Why, in one word for programs; at most 128 characters.</summary>
    public string? Reason { get; init; }

    /// <summary>What it is about.</summary>
    public EventReference? Regarding { get; init; }

    /// <summary>For people; at most 1,024 bytes.</summary>
    public string? Note { get; init; }

    /// <summary><c>Normal</c> or <c>Warning</c>.</summary>
    public string? Type { get; init; }

    /// <summary>Null while it happened once.</summary>
    public EventSeries? Series { get; init; }
}

/// <summary>What an event is about.</summary>
internal sealed record EventReference
{
    public string? ApiVersion { get; init; }

    public string? Kind { get; init; }

    public string? Namespace { get; init; }

    public string? Name { get; init; }

    public string? Uid { get; init; }
}

/// <summary>That it happened again.</summary>
internal sealed record EventSeries
{
    /// <summary>How often, the first time included.</summary>
    public int Count { get; init; }

    /// <summary>When last.</summary>
    [JsonConverter(typeof(MicroTime))]
    public DateTimeOffset? LastObservedTime { get; init; }
}
