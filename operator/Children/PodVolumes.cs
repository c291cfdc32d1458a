using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Children;

/// <summary>
/// What the gateway reads and writes. Only the state is writable. Secrets are files, not variables: a file follows its Secret, a variable
/// stays what it was. https://kubernetes.io/docs/concepts/configuration/secret/#using-secrets-as-files-from-a-pod
/// </summary>
internal static class PodVolumes
{
    /// <summary>The root of all that is mounted from Secrets.</summary>
    public const string FilesRoot = "/etc/llm-gateway";

    /// <summary>Journal and last good config.</summary>
    public const string StatePath = "/var/lib/llm-gateway";

    /// <summary>The key of the index Secret, and its file in the pod.</summary>
    public const string IndexKey = DurableIndex.FileName;

    /// <summary>The key of each slot; files are named by <see cref="DurableIndex.SlotFile"/>.</summary>
    public const string SlotKey = "part";

    private const string CaFile = "ca.crt";

    private const string UriFile = "uri";

    /// <summary>The names, whatever the gateway's spec says: an overlay may use none of them.</summary>
    public static ImmutableArray<string> Names { get; } = ["state", "admin", "config", "tls", "postgres", "redis"];

    public static ImmutableArray<PodVolume> Of(LlmGateway gateway)
    {
        var spec = gateway.Spec;
        var name = gateway.Metadata.Name;
        return
        [
            StateVolume.Of(gateway),
            Admin(name),
            Config(name),
            .. WhereSet(spec.Tls, Tls),
            .. WhereSet(spec.Postgres, Postgres),
            .. WhereSet(spec.Redis, Redis),
        ];
    }

    private static IEnumerable<PodVolume> WhereSet<T>(T? spec, Func<T, PodVolume> volume) => spec is null ? [] : [volume(spec)];

    private static PodVolume Admin(string gateway) => new()
    {
        Name = "admin",
        Path = $"{FilesRoot}/admin",
        Type = "secret",
        Source = new()
        {
            ["secretName"] = ChildNames.Admin(gateway),
            ["items"] = new JsonArray(Item(AdminFiles.CertificateKey), Item(AdminFiles.TokensKey)),
        },
        Variables = ImmutableSortedDictionary<string, string>.Empty
            .Add(GatewayVariables.AdminCertificateFile, $"{FilesRoot}/admin/{AdminFiles.CertificateKey}")
            .Add(GatewayVariables.AdminTokenFile, $"{FilesRoot}/admin/{AdminFiles.TokensKey}"),
    };

    /// <summary>All slots at all times, so that the size of the config never changes the pod template.</summary>
    private static PodVolume Config(string gateway)
    {
        var slots = ChildNames.ConfigSlots()
            .Select(s => Optional(ChildNames.ConfigSlot(gateway, s.Set, s.Slot), Item(SlotKey, DurableIndex.SlotFile(s.Set, s.Slot))));
        return Projected(
            "config",
            slots.Prepend(Optional(ChildNames.ConfigIndex(gateway), Item(IndexKey))),
            ImmutableSortedDictionary<string, string>.Empty.Add(GatewayVariables.ConfigDirectory, $"{FilesRoot}/config"));
    }

    private static PodVolume Tls(TlsSpec tls) => new()
    {
        Name = "tls",
        Path = $"{FilesRoot}/tls",
        Type = "secret",
        Source = new()
        {
            ["secretName"] = tls.SecretRef.Name,
            ["items"] = new JsonArray(Item("tls.crt"), Item("tls.key")),
        },
        Variables = ImmutableSortedDictionary<string, string>.Empty
            .Add(GatewayVariables.TlsCertificateFile, $"{FilesRoot}/tls/tls.crt")
            .Add(GatewayVariables.TlsKeyFile, $"{FilesRoot}/tls/tls.key"),
    };

    private static PodVolume Postgres(PostgresSpec spec) =>
        Store(
            "postgres",
            (GatewayVariables.PostgresUrlFile, StoreSecrets.Uri(spec)),
            (GatewayVariables.PostgresCaFile, StoreSecrets.Ca(spec)));

    private static PodVolume Redis(RedisSpec spec) =>
        Store(
            "redis",
            (GatewayVariables.RedisUrlFile, StoreSecrets.Uri(spec)),
            (GatewayVariables.RedisCaFile, StoreSecrets.Ca(spec)));

    private static PodVolume Store(
        string name, (string Variable, SecretKeyReference Secret) uri, (string Variable, SecretKeyReference? Secret) ca)
    {
        var variables = ImmutableSortedDictionary<string, string>.Empty.Add(uri.Variable, $"{FilesRoot}/{name}/{UriFile}");
        return ca.Secret is null
            ? Projected(name, [Source(uri.Secret, UriFile)], variables)
            : Projected(
                name,
                [Source(uri.Secret, UriFile), Source(ca.Secret, CaFile)],
                variables.Add(ca.Variable, $"{FilesRoot}/{name}/{CaFile}"));
    }

    private static PodVolume Projected(
        string name, IEnumerable<JsonObject> sources, ImmutableSortedDictionary<string, string> variables) => new()
    {
        Name = name,
        Path = $"{FilesRoot}/{name}",
        Type = "projected",
        Source = new() { ["sources"] = ManifestJson.List(sources) },
        Variables = variables,
    };

    private static JsonObject Source(SecretKeyReference reference, string file) => new()
    {
        ["secret"] = new JsonObject { ["name"] = reference.Name, ["items"] = new JsonArray(Item(reference.Key, file)) },
    };

    private static JsonObject Optional(string secret, JsonObject item) => new()
    {
        ["secret"] = new JsonObject { ["name"] = secret, ["optional"] = true, ["items"] = new JsonArray(item) },
    };

    private static JsonObject Item(string key, string? file = null) => new() { ["key"] = key, ["path"] = file ?? key };
}
