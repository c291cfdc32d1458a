using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Operator.Api;
using Operator.Api.Schema;

namespace Operator.Children;

/// <summary>
/// Which parts of a pod template <c>spec.podTemplate</c> may lay over: nothing that takes the gateway's ports, files or identity from it,
/// and nothing that the restricted Pod Security Standard forbids. What is not listed is refused, so that a field of a later Kubernetes is
/// not let through unseen. The values themselves are judged by the API server.
/// </summary>
internal sealed class PodOverlayCheck
{
    private const string Restricted = "the restricted Pod Security Standard does not allow it";

    private const string Own = "belongs to the gateway itself";

    private static readonly FrozenSet<string> s_pod = Set(
        "affinity", "containers", "dnsConfig", "dnsPolicy", "hostAliases", "imagePullSecrets", "initContainers", "nodeSelector",
        "priorityClassName", "readinessGates", "runtimeClassName", "schedulerName", "securityContext", "tolerations",
        "topologySpreadConstraints", "volumes");

    private static readonly FrozenSet<string> s_podSecurity = Set(
        "fsGroup", "fsGroupChangePolicy", "runAsGroup", "runAsUser", "supplementalGroups", "supplementalGroupsPolicy");

    private static readonly FrozenSet<string> s_containerSecurity = Set(
        "allowPrivilegeEscalation", "capabilities", "privileged", "readOnlyRootFilesystem", "runAsGroup", "runAsNonRoot", "runAsUser",
        "seccompProfile");

    private static readonly FrozenSet<string> s_gateway = Set(
        "env", "envFrom", "imagePullPolicy", "livenessProbe", "name", "readinessProbe", "startupProbe", "volumeMounts");

    private static readonly FrozenSet<string> s_probe = Set("failureThreshold", "initialDelaySeconds", "periodSeconds", "timeoutSeconds");

    /// <summary>The volumes of the restricted profile.</summary>
    private static readonly FrozenSet<string> s_volumes = Set(
        "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "name", "persistentVolumeClaim", "projected", "secret");

    /// <summary>What people look for here, and where it is.</summary>
    private static readonly FrozenDictionary<string, string> s_elsewhere = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["args"] = "they are the gateway's own",
        ["automountServiceAccountToken"] = "no token is mounted; project one with a volume",
        ["command"] = "it is the gateway's own",
        ["hostIPC"] = Restricted,
        ["hostNetwork"] = Restricted,
        ["hostPID"] = Restricted,
        ["hostPath"] = Restricted,
        ["image"] = "set `spec.image`",
        ["ports"] = "they are the gateway's own",
        ["resources"] = "set `spec.resources`",
        ["serviceAccountName"] = "set `spec.serviceAccount.name`",
        ["terminationGracePeriodSeconds"] = "it follows from `spec.drainTimeoutSeconds`",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly ImmutableArray<FieldProblem>.Builder _problems = ImmutableArray.CreateBuilder<FieldProblem>();

    private PodOverlayCheck()
    {
    }

    /// <summary>Every problem at once; empty where there is no overlay.</summary>
    public static ImmutableArray<FieldProblem> Problems(JsonElement? overlay)
    {
        if (overlay is not { ValueKind: JsonValueKind.Object } template)
            return [];
        var check = new PodOverlayCheck();
        check.Template(JsonObject.Create(template)!, "spec.podTemplate");
        return check._problems.ToImmutable();
    }

    private void Template(JsonObject template, string path)
    {
        Only(Set("metadata", "spec"), template, path);
        if (Object(template, "metadata", path) is { } metadata)
            Metadata(metadata, $"{path}.metadata");
        if (Object(template, "spec", path) is { } spec)
            Pod(spec, $"{path}.spec");
    }

    private void Metadata(JsonObject metadata, string path)
    {
        Only(Set("annotations", "labels"), metadata, path);
        foreach (var map in new[] { "annotations", "labels" })
        {
            foreach (var (key, value) in Object(metadata, map, path) ?? [])
            {
                if (IsReserved(key))
                    Add($"{path}.{map}[{key}]", Own);
                else if (value is null || value.GetValueKind() != JsonValueKind.String)
                    Add($"{path}.{map}[{key}]", "must be a text");
            }
        }
    }

    private static bool IsReserved(string key) =>
        key is ChildLabels.Name or ChildLabels.Instance or ChildLabels.ManagedBy
        || key.StartsWith(ResourceGroup.Name + "/", StringComparison.Ordinal);

    private void Pod(JsonObject pod, string path)
    {
        Only(s_pod, pod, path);
        if (Object(pod, "securityContext", path) is { } security)
        {
            Only(s_podSecurity, security, $"{path}.securityContext");
            NotRoot(security, $"{path}.securityContext");
        }

        foreach (var (volume, at) in Items(pod, "volumes", path))
            Volume(volume, at);
        foreach (var (container, at) in Items(pod, "containers", path))
        {
            if (Text(container, "name") == GatewayContainer.Name)
                Gateway(container, at);
            else
                Sidecar(container, at);
        }

        foreach (var (container, at) in Items(pod, "initContainers", path))
        {
            if (Text(container, "name") == GatewayContainer.Name)
                Add($"{at}.name", Own);
            Sidecar(container, at);
        }
    }

    private void Volume(JsonObject volume, string path)
    {
        if (PodVolumes.Names.Contains(Text(volume, "name") ?? ""))
            Add($"{path}.name", Own);
        Only(s_volumes, volume, path);
    }

    private void Gateway(JsonObject container, string path)
    {
        Only(s_gateway, container, path);
        foreach (var (variable, at) in Items(container, "env", path))
        {
            var name = Text(variable, "name") ?? "";
            if (name.StartsWith(GatewayVariables.Prefix, StringComparison.OrdinalIgnoreCase) && !GatewayVariables.Free.Contains(name))
                Add($"{at}.name", $"is set by the operator; what may be set: {Listed(GatewayVariables.Free)}");
        }

        foreach (var (mount, at) in Items(container, "volumeMounts", path))
        {
            Mount(mount, at);
            if (Text(mount, "mountPath") is { } mountPath && Covers(mountPath))
                Add($"{at}.mountPath", $"must not touch the gateway's own `{PodVolumes.FilesRoot}` and `{PodVolumes.StatePath}`");
        }

        foreach (var probe in new[] { "livenessProbe", "readinessProbe", "startupProbe" })
        {
            if (Object(container, probe, path) is { } times)
                Only(s_probe, times, $"{path}.{probe}");
        }
    }

    private void Sidecar(JsonObject container, string path)
    {
        if (string.IsNullOrEmpty(Text(container, "name")))
            Add($"{path}.name", "is required");
        foreach (var (mount, at) in Items(container, "volumeMounts", path))
            Mount(mount, at);
        foreach (var (port, at) in Items(container, "ports", path))
        {
            if (port["hostPort"] is not null)
                Add($"{at}.hostPort", Restricted);
            if (Number(port, "containerPort") is PodPorts.Data or PodPorts.Admin or PodPorts.Metrics)
                Add($"{at}.containerPort", Own);
        }

        if (Object(container, "securityContext", path) is { } security)
            Privileges(security, $"{path}.securityContext");
    }

    private void Mount(JsonObject mount, string path)
    {
        if (PodVolumes.Names.Contains(Text(mount, "name") ?? ""))
            Add($"{path}.name", Own);
    }

    /// <summary>https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted</summary>
    private void Privileges(JsonObject security, string path)
    {
        Only(s_containerSecurity, security, path);
        MustBe(JsonValueKind.False, security, "allowPrivilegeEscalation", path);
        MustBe(JsonValueKind.False, security, "privileged", path);
        MustBe(JsonValueKind.True, security, "runAsNonRoot", path);
        NotRoot(security, path);
        if (Object(security, "seccompProfile", path) is { } profile && Text(profile, "type") is not ("RuntimeDefault" or "Localhost"))
            Add($"{path}.seccompProfile.type", Restricted);
        if (!security.ContainsKey("capabilities"))
            return;
        var capabilities = Object(security, "capabilities", path) ?? [];
        if (!capabilities.TryGetPropertyValue("drop", out var drop) || !Texts(drop).Contains("ALL"))
            Add($"{path}.capabilities.drop", "must hold `ALL`");
        if (Texts(capabilities["add"]).Any(c => c != "NET_BIND_SERVICE"))
            Add($"{path}.capabilities.add", Restricted);
    }

    private void MustBe(JsonValueKind wanted, JsonObject security, string name, string path)
    {
        if (security.TryGetPropertyValue(name, out var value) && value?.GetValueKind() != wanted)
            Add($"{path}.{name}", Restricted);
    }

    private void NotRoot(JsonObject security, string path)
    {
        if (Number(security, "runAsUser") == 0)
            Add($"{path}.runAsUser", Restricted);
    }

    /// <summary>At, above or below one of our paths.</summary>
    private static bool Covers(string path)
    {
        var mount = path.TrimEnd('/') + "/";
        return new[] { PodVolumes.FilesRoot + "/", PodVolumes.StatePath + "/" }
            .Any(own => own.StartsWith(mount, StringComparison.Ordinal) || mount.StartsWith(own, StringComparison.Ordinal));
    }

    private void Only(FrozenSet<string> allowed, JsonObject of, string path)
    {
        foreach (var (name, _) in of.Where(m => !allowed.Contains(m.Key)))
        {
            Add(
                $"{path}.{name}",
                s_elsewhere.TryGetValue(name, out var why)
                    ? $"may not be overlaid; {why}"
                    : $"may not be overlaid; what may be: {Listed(allowed)}");
        }
    }

    private JsonObject? Object(JsonObject of, string name, string path)
    {
        if (!of.TryGetPropertyValue(name, out var value) || value is JsonObject)
            return value as JsonObject;
        Add($"{path}.{name}", "must be an object");
        return null;
    }

    private IEnumerable<(JsonObject Item, string Path)> Items(JsonObject of, string name, string path)
    {
        if (!of.TryGetPropertyValue(name, out var value))
            yield break;
        if (value is not JsonArray items)
        {
            Add($"{path}.{name}", "must be a list");
            yield break;
        }

        for (var i = 0; i < items.Count; i++)
        {
            var at = FormattableString.Invariant($"{path}.{name}[{i}]");
            if (items[i] is JsonObject item)
                yield return (item, at);
            else
                Add(at, "must be an object");
        }
    }

    private static string? Text(JsonObject of, string name) =>
        of[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static long? Number(JsonObject of, string name) =>
        of[name] is JsonValue value && value.TryGetValue<long>(out var number) ? number : null;

    private static IEnumerable<string> Texts(JsonNode? list) =>
        (list as JsonArray ?? []).Select(i => i is JsonValue value && value.TryGetValue<string>(out var text) ? text : "");

    private void Add(string field, string message) => _problems.Add(new(field, message));

    private static string Listed(FrozenSet<string> names) => string.Join(", ", names.Order(StringComparer.Ordinal).Select(n => $"`{n}`"));

    private static FrozenSet<string> Set(params string[] names) => names.ToFrozenSet(StringComparer.Ordinal);
}
