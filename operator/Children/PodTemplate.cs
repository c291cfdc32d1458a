using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Operator.Api;

namespace Operator.Children;

/// <summary>
/// The pods: restricted Pod Security Standard, no token, nothing writable but the state.
/// https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
/// </summary>
internal static class PodTemplate
{
    /// <summary>On the pods of the tiers with a database: see <see cref="StoreSecrets.Fingerprint"/>.</summary>
    public const string StoresAnnotation = ResourceGroup.Name + "/stores";

    /// <summary>
    /// On every pod: changes with whatever else the template says, so that it can be seen which pods are of the present one.
    /// </summary>
    public const string TemplateAnnotation = ResourceGroup.Name + "/template";

    private const int HashLength = 16;

    /// <summary>The gateway still accepts after SIGTERM: its <c>DrainPlan</c>.</summary>
    private const int AcceptSeconds = 10;

    /// <summary>To end the calls that are left with an error, to charge them, to flush.</summary>
    private const int SettleSeconds = 20;

    /// <summary>Owner of the files on a claimed volume, for whatever user the image runs as. Any number but 0 would do.</summary>
    private const int VolumeGroup = 1654;

    public static JsonObject Of(ChildrenInputs inputs)
    {
        var gateway = inputs.Gateway;
        var name = gateway.Metadata.Name;
        var volumes = PodVolumes.Of(gateway);
        var fingerprint = StoreSecrets.Fingerprint(inputs);
        var template = new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["labels"] = ChildLabels.Of(name),
                ["annotations"] = fingerprint is null ? null : new JsonObject { [StoresAnnotation] = fingerprint },
            },
            ["spec"] = new JsonObject
            {
                ["serviceAccountName"] = gateway.Spec.ServiceAccount.Name ?? ChildNames.Own(name),
                ["automountServiceAccountToken"] = false,
                ["enableServiceLinks"] = false,
                ["terminationGracePeriodSeconds"] = GracePeriodSeconds(gateway.Spec),
                ["securityContext"] = SecurityContext(gateway.Spec),
                ["topologySpreadConstraints"] = gateway.Spec.Postgres is null ? null : Spread(name),
                ["containers"] = new JsonArray(GatewayContainer.Of(inputs, volumes)),
                ["volumes"] = ManifestJson.List(volumes.Select(v => v.Volume())),
            },
        };
        var overlay = gateway.Spec.PodTemplate;
        Stamp(template, template.ToJsonString() + overlay?.GetRawText());
        return overlay is { } given ? PodOverlay.Apply(template, given) : template;
    }

    /// <summary>The value of <see cref="TemplateAnnotation"/> in a Deployment.</summary>
    public static string StampOf(JsonElement deployment) => deployment
        .GetProperty("spec").GetProperty("template").GetProperty("metadata").GetProperty("annotations").GetProperty(TemplateAnnotation)
        .GetString()!;

    private static void Stamp(JsonObject template, string content)
    {
        var metadata = template["metadata"]!.AsObject();
        var annotations = metadata["annotations"]?.AsObject() ?? [];
        annotations[TemplateAnnotation] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)))[..HashLength];
        metadata["annotations"] ??= annotations;
    }

    /// <summary>How long a pod may take to stop.</summary>
    public static int GracePeriodSeconds(LlmGatewaySpec spec) => AcceptSeconds + spec.DrainTimeoutSeconds + SettleSeconds;

    private static JsonObject SecurityContext(LlmGatewaySpec spec)
    {
        var isClaimed = spec.Storage?.PersistentVolumeClaim is not null;
        return new()
        {
            ["runAsNonRoot"] = true,
            ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" },
            ["fsGroup"] = isClaimed ? VolumeGroup : null,
            ["fsGroupChangePolicy"] = isClaimed ? "OnRootMismatch" : null,
        };
    }

    /// <summary>Over zones and nodes as far as it goes; each version of the template for itself, so that a roll-out spreads too.</summary>
    private static JsonArray Spread(string gateway) =>
        new(Spread(gateway, "topology.kubernetes.io/zone"), Spread(gateway, "kubernetes.io/hostname"));

    private static JsonObject Spread(string gateway, string topologyKey) => new()
    {
        ["topologyKey"] = topologyKey,
        ["maxSkew"] = 1,
        ["whenUnsatisfiable"] = "ScheduleAnyway",
        ["labelSelector"] = ChildLabels.Selector(gateway),
        ["matchLabelKeys"] = new JsonArray("pod-template-hash"),
    };
}
