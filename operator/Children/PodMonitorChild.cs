using System.Text.Json.Nodes;

namespace Operator.Children;

/// <summary>The PodMonitor, where the Prometheus operator is installed.</summary>
internal static class PodMonitorChild
{
    public static Child? Of(ChildrenInputs inputs)
    {
        if (!inputs.Operator.HasPodMonitors)
            return null;
        var name = inputs.Gateway.Metadata.Name;
        var content = new JsonObject
        {
            ["spec"] = new JsonObject
            {
                ["selector"] = ChildLabels.Selector(name),
                ["podMetricsEndpoints"] = new JsonArray(new JsonObject { ["port"] = PodPorts.MetricsName, ["path"] = "/metrics" }),
            },
        };
        return ManifestJson.Child(inputs.Gateway, new(ChildKind.PodMonitor, ChildNames.Own(name)), content);
    }
}
