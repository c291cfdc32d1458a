using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Operator.Api;

namespace Operator.Children;

/// <summary>The container of the gateway.</summary>
internal static class GatewayContainer
{
    public const string Name = "gateway";

    public static JsonObject Of(ChildrenInputs inputs, ImmutableArray<PodVolume> volumes)
    {
        var spec = inputs.Gateway.Spec;
        return new()
        {
            ["name"] = Name,
            ["image"] = spec.Image ?? inputs.Operator.GatewayImage,
            ["imagePullPolicy"] = "IfNotPresent",
            ["env"] = ManifestJson.List(Variables(inputs.Gateway, volumes).Select(v => Variable(v.Key, v.Value))),
            ["ports"] = new JsonArray(
                Port(PodPorts.DataName, PodPorts.Data), Port("admin", PodPorts.Admin), Port(PodPorts.MetricsName, PodPorts.Metrics)),
            ["resources"] = Resources(spec.Resources ?? new()),
            ["startupProbe"] = Probe(spec, "/health/liveliness", new(PeriodSeconds: 1, TimeoutSeconds: 5, FailureThreshold: 600)),
            ["readinessProbe"] = Probe(spec, "/health/readiness", new(PeriodSeconds: 2, TimeoutSeconds: 5, FailureThreshold: 2)),
            ["livenessProbe"] = Probe(spec, "/health/liveliness", new(PeriodSeconds: 10, TimeoutSeconds: 10, FailureThreshold: 6)),
            ["securityContext"] = SecurityContext(),
            ["volumeMounts"] = ManifestJson.List(volumes.Select(v => v.Mount())),
        };
    }

    /// <summary>What the restricted Pod Security Standard wants of each container.</summary>
    public static JsonObject RestrictedContext() => new()
    {
        ["allowPrivilegeEscalation"] = false,
        ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL") },
    };

    private static JsonObject SecurityContext()
    {
        var context = RestrictedContext();
        context["readOnlyRootFilesystem"] = true;
        return context;
    }

    private static ImmutableSortedDictionary<string, string> Variables(LlmGateway gateway, ImmutableArray<PodVolume> volumes) =>
        volumes.SelectMany(v => v.Variables)
            .ToImmutableSortedDictionary(StringComparer.Ordinal)
            .Add(GatewayVariables.Uid, gateway.Metadata.Uid)
            .Add(GatewayVariables.Name, gateway.Id())
            .AddRange(Ledger(gateway.Spec))

            // The runtime's debugger port is a socket in /tmp, which is not writable.
            .Add("DOTNET_EnableDiagnostics", "0");

    /// <summary>What is said of the ledger in Postgres, where there is one.</summary>
    private static IEnumerable<KeyValuePair<string, string>> Ledger(LlmGatewaySpec spec) => spec.Postgres is { } postgres
        ?
        [
            new(GatewayVariables.LedgerRetentionDays, postgres.RetentionDays.ToString(CultureInfo.InvariantCulture)),
            new(GatewayVariables.SpoolMaxMiB, (spec.Storage ?? new()).SpoolMaxMiB.ToString(CultureInfo.InvariantCulture)),
        ]
        : [];

    private static JsonObject Variable(string name, string value) => new() { ["name"] = name, ["value"] = value };

    private static JsonObject Port(string name, int port) => new() { ["name"] = name, ["containerPort"] = port, ["protocol"] = "TCP" };

    /// <summary>
    /// Without a request an autoscaler has nothing to measure against. A limit alone is taken for the request by the API server.
    /// </summary>
    private static JsonObject Resources(ResourceRequirements resources)
    {
        var requests = resources.Requests.ContainsKey("cpu") || resources.Limits.ContainsKey("cpu")
            ? resources.Requests
            : resources.Requests.Add("cpu", LlmGatewaySpec.DefaultCpuRequest);
        return new()
        {
            ["requests"] = requests.IsEmpty ? null : ManifestJson.Map(requests),
            ["limits"] = resources.Limits.IsEmpty ? null : ManifestJson.Map(resources.Limits),
        };
    }

    private static JsonObject Probe(LlmGatewaySpec spec, string path, ProbeTimes times) => new()
    {
        ["httpGet"] = new JsonObject
        {
            ["path"] = path,
            ["port"] = PodPorts.DataName,
            ["scheme"] = spec.Tls is null ? "HTTP" : "HTTPS",
        },
        ["periodSeconds"] = times.PeriodSeconds,
        ["timeoutSeconds"] = times.TimeoutSeconds,
        ["failureThreshold"] = times.FailureThreshold,
    };

    /// <summary>
    /// A long journal may take minutes to be read at the start; a busy pod is not ready before it is taken for dead.
    /// https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
    /// </summary>
    private readonly record struct ProbeTimes(int PeriodSeconds, int TimeoutSeconds, int FailureThreshold);
}
