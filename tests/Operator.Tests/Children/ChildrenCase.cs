using System.Collections.Immutable;
using System.Text.Json;
using Operator.Api;
using Operator.Children;

namespace Operator.Tests.Children;

/// <summary>
/// The folder of a case: <c>gateway.yaml</c> holds an LlmGateway and the Secrets of its stores; <c>operator.json</c>, where there is one,
/// says what differs from <see cref="s_facts"/>.
/// </summary>
internal static class ChildrenCase
{
    public const string GatewayUid = "6f2d5c0e-1c7b-4c59-9b0d-6e5f1a2b3c4d";

    private static readonly OperatorFacts s_facts = new()
    {
        Namespace = "llm-gateway-system",
        PodLabels = ImmutableSortedDictionary<string, string>.Empty.Add("app.kubernetes.io/name", "llm-gateway-operator"),
        GatewayImage = "registry.example/llm-gateway:1.0.0",
    };

    public static ChildrenInputs Read(string folder) =>
        Of(File.ReadAllText(Path.Combine(folder, "gateway.yaml"))) with { Operator = Facts(Path.Combine(folder, "operator.json")) };

    public static ChildrenInputs Of(string yaml)
    {
        var objects = Manifests.Objects(yaml);
        var gateway = objects.OfType<LlmGateway>().Single();
        return new()
        {
            Gateway = gateway with { Metadata = gateway.Metadata with { Uid = GatewayUid } },
            Operator = s_facts,
            Admin = new() { CertificatePem = "(certificate and key)\n", Tokens = ["token-1"], StoresSalt = "salt" },
            StoreSecrets = [.. objects.OfType<Secret>()],
        };
    }

    private static OperatorFacts Facts(string path)
    {
        if (!File.Exists(path))
            return s_facts;
        var given = JsonDocument.Parse(File.ReadAllText(path)).RootElement;
        return s_facts with
        {
            HasHttpRoutes = given.TryGetProperty("hasHttpRoutes", out var routes) && routes.GetBoolean(),
            HasPodMonitors = given.TryGetProperty("hasPodMonitors", out var monitors) && monitors.GetBoolean(),
        };
    }
}
