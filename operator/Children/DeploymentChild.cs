using System.Text.Json.Nodes;
using Operator.Api;

namespace Operator.Children;

/// <summary>
/// The Deployment. In the embedded tier the next pod starts when the last one is gone, because the journal has one writer.
/// </summary>
internal static class DeploymentChild
{
    /// <summary>How long a roll-out may take without progress, beyond the time that a pod may take to stop.</summary>
    private const int ProgressSeconds = 600;

    private const int KeptRevisions = 3;

    public static Child Of(ChildrenInputs inputs)
    {
        var gateway = inputs.Gateway;
        var name = gateway.Metadata.Name;
        var content = new JsonObject
        {
            ["spec"] = new JsonObject
            {
                ["replicas"] = Replicas(gateway.Spec),
                ["revisionHistoryLimit"] = KeptRevisions,
                ["progressDeadlineSeconds"] = ProgressSeconds + PodTemplate.GracePeriodSeconds(gateway.Spec),
                ["selector"] = ChildLabels.Selector(name),
                ["strategy"] = Strategy(gateway.Spec),
                ["template"] = PodTemplate.Of(inputs),
            },
        };
        return ManifestJson.Child(gateway, new(ChildKind.Deployment, ChildNames.Own(name)), content);
    }

    /// <summary>The operator alone sets them: an autoscaler sets those of the LlmGateway, and never outside of its own bounds.</summary>
    private static int Replicas(LlmGatewaySpec spec) => spec.Autoscaling is { } bounds
        ? Math.Clamp(spec.Replicas, bounds.MinReplicas, bounds.MaxReplicas)
        : spec.Replicas;

    private static JsonObject Strategy(LlmGatewaySpec spec) => spec.Postgres is null
        ? new() { ["type"] = "Recreate" }
        : new()
        {
            ["type"] = "RollingUpdate",
            ["rollingUpdate"] = new JsonObject { ["maxUnavailable"] = 0, ["maxSurge"] = 1 },
        };
}
