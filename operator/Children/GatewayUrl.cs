using System.Globalization;
using Operator.Api;

namespace Operator.Children;

/// <summary>Where callers reach a gateway.</summary>
internal static class GatewayUrl
{
    /// <summary>The host that it is exposed at, else its Service's name in the cluster. A host with a wildcard is no address.</summary>
    public static string Of(LlmGateway gateway) => gateway.Spec switch
    {
        { Exposure.Ingress: { Host: var host } ingress } when IsAddress(host) => $"{(ingress.TlsSecretRef is null ? "http" : "https")}://{host}",
        { Exposure.GatewayApi.Hostnames: [var host, ..] } when IsAddress(host) => $"https://{host}",
        { Service.Port: var port } spec => string.Create(
            CultureInfo.InvariantCulture,
            $"{ServiceChild.Scheme(spec)}://{ChildNames.Own(gateway.Metadata.Name)}.{gateway.Metadata.Namespace}.svc:{port}"),
    };

    private static bool IsAddress(string host) => !host.Contains('*', StringComparison.Ordinal);
}
