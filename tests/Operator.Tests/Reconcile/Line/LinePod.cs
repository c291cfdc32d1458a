using System.Text.Json.Nodes;
using Operator.Keys;
using Operator.Push;
using Operator.Tests.Push;

namespace Operator.Tests.Reconcile.Line;

/// <summary>A pod of a gateway: the object in the API server, and the process behind it.</summary>
internal sealed record LinePod(LineSetup Setup, string Name, FakeGateway Process) : IAsyncDisposable
{
    private const string Hash = "7d9f";

    /// <summary>Whether callers with this key are let in.</summary>
    public bool Takes(string key) => Process.Config?.Keys.Any(k =>
        k.State == Gateway.Contract.KeyState.Active && k.Hashes.Any(h => h.Sha256 == GeneratedKey.Sha256(key))) ?? false;

    /// <summary>The routes that it serves, each with its generation.</summary>
    public IEnumerable<string> Routes =>
        Process.Config?.Routes.Select(r => FormattableString.Invariant($"{r.Object.Name}@{r.Object.Generation}")) ?? [];

    public long Revision => Process.Config?.Revision ?? 0;

    public void SetReady(bool isReady) =>
        Setup.Server.Patch("pods", Setup.Namespace, Name, new() { ["status"] = Status(Address, isReady) }, "status");

    /// <summary>As when the kubelet brings what the Secret holds by now.</summary>
    public void ReadFiles()
    {
        var files = Setup.AdminFilesOf();
        Process.Use(AdminCertificate.Parse(files.CertificatePem), files.Tokens);
    }

    /// <summary>The object, unless it went with its owner, and the process.</summary>
    public async Task DeleteAsync()
    {
        if (Setup.Find("pods", Name) is not null)
            Setup.Server.Delete("pods", Setup.Namespace, Name);
        await Process.DisposeAsync();
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();

    /// <summary>As the Deployment would make it.</summary>
    public static JsonObject Manifest(string name, string deployment, JsonObject template, string address, bool isReady)
    {
        var labels = template["metadata"]!["labels"]!.DeepClone();
        labels["pod-template-hash"] = Hash;
        return new()
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["labels"] = labels,
                ["annotations"] = template["metadata"]!["annotations"]!.DeepClone(),
                ["ownerReferences"] = new JsonArray(Owner($"{deployment}-{Hash}")),
            },
            ["status"] = Status(address, isReady),
        };
    }

    /// <summary>A ReplicaSet.</summary>
    public static JsonObject Owner(string name) => new()
    {
        ["apiVersion"] = "apps/v1", ["kind"] = "ReplicaSet", ["name"] = name, ["uid"] = $"uid-of-{name}", ["controller"] = true,
    };

    private string Address => Process.Pod.Address.Host;

    private static JsonObject Status(string address, bool isReady) => new()
    {
        ["phase"] = "Running",
        ["podIP"] = address,
        ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = isReady ? "True" : "False" }),
    };
}
