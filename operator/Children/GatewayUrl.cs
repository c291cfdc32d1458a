using System.Globalization;
using Operator.Api;

namespace Operator.Children;

/// <summary>Where callers reach a gateway.</summary>
internal static class GatewayUrl
{
    /// <summary>The host that it is exposed at, else its Service's name in the cluster. A host with a wildcard is no address.</summary>
    public static string Of(LlmGateway gateway) => gateway.Spec.Exposure switch
    {
        { Ingress: { Host: var host } ingress } when IsAddress(host) => $"{(ingress.TlsSecretRef is null ? "http" : "https")}://{host}",
        { GatewayApi.Hostnames: [var host, ..] } when IsAddress(host) => $"https://{host}",
        _ => string.Create(
            CultureInfo.InvariantCulture,
            $"{ServiceChild.Scheme(gateway.Spec)}://{ChildNames.Own(gateway.Metadata.Name)}.{gateway.Metadata.Namespace}.svc:{gateway.Spec.Service.Port}"),
    };

    private static bool IsAddress(string host) => !host.Contains('*', StringComparison.Ordinal);
}
