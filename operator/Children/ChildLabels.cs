using System.Text.Json.Nodes;
using Operator.Api;

namespace Operator.Children;

/// <summary>
/// Labels of a gateway's children and pods.
/// https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
/// </summary>
internal static class ChildLabels
{
    public const string Name = "app.kubernetes.io/name";

    public const string Instance = "app.kubernetes.io/instance";

    public const string ManagedBy = "app.kubernetes.io/managed-by";

    /// <summary>The value of <see cref="Name"/>.</summary>
    public const string Application = "llm-gateway";

    /// <summary>
    /// Of every child and pod, and the selector of the pods: with <see cref="ManagedBy"/> in it nobody else's pods are taken for ours.
    /// </summary>
    public static JsonObject Of(string gateway) => new()
    {
        [Instance] = ChildNames.Own(gateway),
        [ManagedBy] = ResourceGroup.Name,
        [Name] = Application,
    };

    /// <summary>The pods' selector as the API server's parameter <c>labelSelector</c> and the status take it.</summary>
    public static string SelectorText(string gateway) => string.Join(',', Of(gateway).Select(l => $"{l.Key}={l.Value}"));

    /// <summary>The pods' selector as a member of an object.</summary>
    public static JsonObject Selector(string gateway) => new() { ["matchLabels"] = Of(gateway) };
}
