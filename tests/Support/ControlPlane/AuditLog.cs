using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Support.ControlPlane;

/// <summary>
/// What one user has written to the API server, in the server's own words. https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/
/// </summary>
public sealed class AuditLog
{
    private readonly string _policy;
    private readonly string _log;

    internal AuditLog(string folder, string user)
    {
        (_policy, _log) = (Path.Combine(folder, "audit-policy.json"), Path.Combine(folder, "audit.log"));
        File.WriteAllText(_policy, PolicyOf(user).ToJsonString());
    }

    internal IEnumerable<string> Arguments => [$"--audit-policy-file={_policy}", $"--audit-log-path={_log}"];

    /// <summary>Of what is answered from now on.</summary>
    public AuditReader Follow() => new(_log);

    private static JsonObject PolicyOf(string user) => new()
    {
        ["apiVersion"] = "audit.k8s.io/v1",
        ["kind"] = "Policy",
        ["omitStages"] = new JsonArray("RequestReceived"),
        ["rules"] = new JsonArray(
            new JsonObject
            {
                ["level"] = "Metadata",
                ["users"] = new JsonArray(user),
                ["verbs"] = new JsonArray("create", "update", "patch", "delete", "deletecollection"),
            },
            new JsonObject { ["level"] = "None" }),
    };
}

/// <summary>Reads on where it has stopped.</summary>
public sealed class AuditReader
{
    private readonly string _log;
    private long _position;

    internal AuditReader(string log) => (_log, _position) = (log, File.Exists(log) ? new FileInfo(log).Length : 0);

    /// <summary>Every write since, refused ones too, in the order of the answers.</summary>
    public ImmutableArray<AuditedWrite> Read()
    {
        if (!File.Exists(_log))
            return [];
        using var stream = new FileStream(_log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        stream.Position = _position;
        var bytes = new byte[stream.Length - _position];
        stream.ReadExactly(bytes);

        // What follows the last line's end is being written.
        var whole = bytes.AsSpan(0, bytes.AsSpan().LastIndexOf((byte)'\n') + 1);
        _position += whole.Length;
        return [.. Encoding.UTF8.GetString(whole).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];
    }

    private static AuditedWrite Parse(string line)
    {
        var entry = JsonNode.Parse(line)!;
        var target = entry["objectRef"]!;
        return new()
        {
            Time = DateTimeOffset.Parse((string)entry["stageTimestamp"]!, CultureInfo.InvariantCulture),
            Verb = (string)entry["verb"]!,
            Resource = (string)target["resource"]!,
            Subresource = (string?)target["subresource"] ?? "",
            Namespace = (string?)target["namespace"] ?? "",
            Name = (string?)target["name"] ?? "",
            Code = (int?)entry["responseStatus"]?["code"] ?? 0,
        };
    }
}

/// <summary>One request that changes something.</summary>
public sealed record AuditedWrite
{
    /// <summary>When it was answered.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>As roles name it.</summary>
    public required string Verb { get; init; }

    /// <summary>The plural, as in URLs.</summary>
    public required string Resource { get; init; }

    /// <summary>As <c>status</c>; empty for the object itself.</summary>
    public required string Subresource { get; init; }

    /// <summary>Empty outside of namespaces.</summary>
    public required string Namespace { get; init; }

    /// <summary>Empty where the server has chosen it.</summary>
    public required string Name { get; init; }

    /// <summary>Of the answer.</summary>
    public required int Code { get; init; }

    /// <summary>Whether it keeps a leader in its place.</summary>
    public bool IsLease => Resource == "leases";
}
