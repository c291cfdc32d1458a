using System.Text.Json;
using System.Text.Json.Nodes;
using Operator.Api;

namespace Operator.Children;

/// <summary>
/// The PodDisruptionBudget, where more than one pod can run: over a single pod it would only stop nodes from being drained. Pods that are
/// not ready protect nobody. https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy
/// </summary>
internal static class DisruptionBudgetChild
{
    public static Child? Of(LlmGateway gateway)
    {
        if ((gateway.Spec.Autoscaling?.MaxReplicas ?? gateway.Spec.Replicas) <= 1)
            return null;
        var name = gateway.Metadata.Name;
        var content = new JsonObject
        {
            ["spec"] = new JsonObject
            {
                ["maxUnavailable"] = JsonSerializer.SerializeToNode(gateway.Spec.PodDisruptionBudget.MaxUnavailable, ApiJson.Options),
                ["unhealthyPodEvictionPolicy"] = "AlwaysAllow",
                ["selector"] = ChildLabels.Selector(name),
            },
        };
        return ManifestJson.Child(gateway, new(ChildKind.PodDisruptionBudget, ChildNames.Own(name)), content);
    }
}
