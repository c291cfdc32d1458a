using System.Text.Json.Nodes;
using Operator.Api;

namespace Operator.Children;

/// <summary>
/// The HorizontalPodAutoscaler. It scales the LlmGateway, not the Deployment, so that each field has one writer; it measures the gateway's
/// container alone, so that sidecars without requests do not blind it.
/// https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#container-resource-metrics
/// </summary>
internal static class AutoscalerChild
{
    public static Child? Of(LlmGateway gateway)
    {
        if (gateway.Spec.Autoscaling is not { } spec)
            return null;
        var content = new JsonObject
        {
            ["spec"] = new JsonObject
            {
                ["scaleTargetRef"] = new JsonObject
                {
                    ["apiVersion"] = ResourceGroup.ApiVersion,
                    ["kind"] = LlmGateway.KindName,
                    ["name"] = gateway.Metadata.Name,
                },
                ["minReplicas"] = spec.MinReplicas,
                ["maxReplicas"] = spec.MaxReplicas,
                ["metrics"] = new JsonArray(new JsonObject
                {
                    ["type"] = "ContainerResource",
                    ["containerResource"] = new JsonObject
                    {
                        ["container"] = GatewayContainer.Name,
                        ["name"] = "cpu",
                        ["target"] = new JsonObject
                        {
                            ["type"] = "Utilization",
                            ["averageUtilization"] = spec.TargetCpuUtilizationPercent,
                        },
                    },
                }),
            },
        };
        return ManifestJson.Child(gateway, new(ChildKind.HorizontalPodAutoscaler, ChildNames.Own(gateway.Metadata.Name)), content);
    }
}
