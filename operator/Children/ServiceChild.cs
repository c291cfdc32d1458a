using System.Text.Json.Nodes;
using Operator.Api;

namespace Operator.Children;

/// <summary>The Service that callers use: the data port alone.</summary>
internal static class ServiceChild
{
    public static Child Of(LlmGateway gateway)
    {
        var spec = gateway.Spec.Service;
        var protocol = Scheme(gateway.Spec);
        var content = new JsonObject
        {
            ["spec"] = new JsonObject
            {
                ["type"] = spec.Type.ToString(),
                ["selector"] = ChildLabels.Of(gateway.Metadata.Name),
                ["ports"] = new JsonArray(new JsonObject
                {
                    ["name"] = protocol,
                    ["appProtocol"] = protocol,
                    ["port"] = spec.Port,
                    ["targetPort"] = PodPorts.DataName,
                    ["protocol"] = "TCP",
                }),
            },
        };
        return ManifestJson.Child(gateway, new(ChildKind.Service, ChildNames.Own(gateway.Metadata.Name)), content, spec.Annotations);
    }

    /// <summary>What the data port speaks.</summary>
    public static string Scheme(LlmGatewaySpec spec) => spec.Tls is null ? "http" : "https";
}
