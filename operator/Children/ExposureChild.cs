using System.Text.Json.Nodes;
using Operator.Api;
using Operator.Api.Schema;

namespace Operator.Children;

/// <summary>How callers outside of the cluster come to the Service: by an Ingress or by an HTTPRoute.</summary>
internal static class ExposureChild
{
    /// <summary>Null where none is wanted, or the cluster cannot have it.</summary>
    public static Child? Of(ChildrenInputs inputs) => inputs.Gateway.Spec.Exposure switch
    {
        { Ingress: { } ingress } => Ingress(inputs.Gateway, ingress),
        { GatewayApi: { } route } when inputs.Operator.HasHttpRoutes => HttpRoute(inputs.Gateway, route),
        _ => null,
    };

    /// <summary>What is wanted and the cluster cannot have; null where there is no such thing.</summary>
    public static FieldProblem? Problem(ChildrenInputs inputs) =>
        inputs.Gateway.Spec.Exposure?.GatewayApi is not null && !inputs.Operator.HasHttpRoutes
            ? new("spec.exposure.gatewayAPI", "the cluster has no HTTPRoutes of `gateway.networking.k8s.io/v1`; install the Gateway API")
            : null;

    private static Child Ingress(LlmGateway gateway, IngressExposure spec)
    {
        var name = ChildNames.Own(gateway.Metadata.Name);
        var path = new JsonObject
        {
            ["path"] = "/",
            ["pathType"] = "Prefix",
            ["backend"] = new JsonObject
            {
                ["service"] = new JsonObject { ["name"] = name, ["port"] = new JsonObject { ["number"] = gateway.Spec.Service.Port } },
            },
        };
        var content = new JsonObject
        {
            ["spec"] = new JsonObject
            {
                ["ingressClassName"] = spec.ClassName,
                ["rules"] = new JsonArray(new JsonObject
                {
                    ["host"] = spec.Host,
                    ["http"] = new JsonObject { ["paths"] = new JsonArray(path) },
                }),
                ["tls"] = spec.TlsSecretRef is { } secret
                    ? new JsonArray(new JsonObject { ["hosts"] = new JsonArray(spec.Host), ["secretName"] = secret.Name })
                    : null,
            },
        };
        return ManifestJson.Child(gateway, new(ChildKind.Ingress, name), content, spec.Annotations);
    }

    /// <summary>
    /// Without a time-out of its own: the gateway has them, and some implementations cut answers after seconds otherwise.
    /// https://gateway-api.sigs.k8s.io/geps/gep-1742/
    /// </summary>
    private static Child HttpRoute(LlmGateway gateway, GatewayApiExposure spec)
    {
        var name = ChildNames.Own(gateway.Metadata.Name);
        var content = new JsonObject
        {
            ["spec"] = new JsonObject
            {
                ["parentRefs"] = ManifestJson.List(spec.ParentRefs.Select(Parent)),
                ["hostnames"] = spec.Hostnames.IsEmpty ? null : ManifestJson.List(spec.Hostnames.Select(h => (JsonNode?)h)),
                ["rules"] = new JsonArray(new JsonObject
                {
                    ["backendRefs"] = new JsonArray(new JsonObject { ["name"] = name, ["port"] = gateway.Spec.Service.Port }),
                    ["timeouts"] = new JsonObject { ["request"] = "0s" },
                }),
            },
        };
        return ManifestJson.Child(gateway, new(ChildKind.HttpRoute, name), content);
    }

    private static JsonObject Parent(ParentReference parent) => new()
    {
        ["name"] = parent.Name,
        ["namespace"] = parent.Namespace,
        ["sectionName"] = parent.SectionName,
    };
}
