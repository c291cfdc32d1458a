using System.Globalization;
using System.Text.Json.Nodes;
using Operator.Children;
using Operator.Push;
using Operator.Spend;

namespace Operator.Tests.Spend;

/// <summary>
/// A program in the place of kubectl: prints objects as the real one does, and for a tunnel the line that the real one prints, with the
/// address where the pod listens already. Writes down how it is called.
/// </summary>
internal sealed class FakeKubectl : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kubectl").FullName;

    public FakeKubectl()
    {
        Write("llmgateways", List());
        Write("pods", List());
        File.WriteAllText(Path.Combine(_folder, "kubectl"), Script());
#pragma warning disable CA1416 // A shell is needed anyway.
        File.SetUnixFileMode(Path.Combine(_folder, "kubectl"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
#pragma warning restore CA1416
    }

    /// <summary>Itself.</summary>
    public Kubectl Program => new(Path.Combine(_folder, "kubectl"), ["--context", "mine"]);

    /// <summary>Its calls.</summary>
    public string[] Calls => File.Exists(Path.Combine(_folder, "calls")) ? File.ReadAllLines(Path.Combine(_folder, "calls")) : [];

    /// <summary>Process of the last tunnel.</summary>
    public int TunnelId => int.Parse(File.ReadAllText(Path.Combine(_folder, "tunnel")), CultureInfo.InvariantCulture);

    /// <summary>Gateways of the namespace <c>team</c>, whose pods all listen at one place.</summary>
    public void Serve(AdminCertificate certificate, Uri address, params string[] gateways)
    {
        Write("llmgateways", List([.. gateways.Select(g => Named(g))]));
        Write("pods", List([.. gateways.SelectMany(g => (JsonObject[])[Pod($"{g}-old", g, isReady: false), Pod($"{g}-new", g, isReady: true)])]));
        foreach (var gateway in gateways)
            Write(ChildNames.Admin(gateway), Secret(ChildNames.Admin(gateway), certificate));
        File.WriteAllText(Path.Combine(_folder, "address"), address.Authority);
    }

    /// <summary>What it complains of at a call that begins so, with which it ends.</summary>
    public void Refuse(string call, string complaint)
    {
        File.WriteAllText(Path.Combine(_folder, "refused"), call);
        File.WriteAllText(Path.Combine(_folder, "complaint"), complaint);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Write(string file, JsonObject json) => File.WriteAllText(Path.Combine(_folder, file), json.ToJsonString());

    private string Script() =>
        $$"""
        #!/bin/sh
        cd '{{_folder}}'
        echo "$*" >> calls
        case "$*" in
          "--context mine "*) shift 2 ;;
          *) echo "no context" >&2; exit 1 ;;
        esac
        if [ -f refused ]; then
          case "$*" in "$(cat refused)"*) cat complaint >&2; exit 1 ;; esac
        fi
        case "$1 $2" in
          "get llmgateways.llmgateway.dev") cat llmgateways ;;
          "get pods") cat pods ;;
          "get secret") cat "$3" ;;
          "port-forward pod/"*) echo $$ > tunnel; echo "Forwarding from $(cat address) -> 4001"; exec sleep 1000 ;;
          *) echo "error: unknown command" >&2; exit 1 ;;
        esac
        """;

    private static JsonObject List(params JsonObject[] items) =>
        new() { ["apiVersion"] = "v1", ["kind"] = "List", ["metadata"] = new JsonObject { ["resourceVersion"] = "" }, ["items"] = new JsonArray([.. items]) };

    private static JsonObject Named(string name) => new()
    {
        ["apiVersion"] = "llmgateway.dev/v1alpha1",
        ["kind"] = "LlmGateway",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "team" },
        ["spec"] = new JsonObject { ["aFieldOfTomorrow"] = true },
    };

    private static JsonObject Pod(string name, string gateway, bool isReady)
    {
        var labels = ChildLabels.Of(gateway);
        labels["pod-template-hash"] = "7d9f";
        return new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["namespace"] = "team",
                ["labels"] = labels,
                ["ownerReferences"] = new JsonArray(Reconcile.Line.LinePod.Owner($"{gateway}-7d9f")),
            },
            ["status"] = new JsonObject
            {
                ["phase"] = "Running",
                ["podIP"] = "10.244.0.7",
                ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = isReady ? "True" : "False" }),
            },
        };
    }

    private static JsonObject Secret(string name, AdminCertificate certificate)
    {
        return new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "team" },
            ["data"] = new JsonObject
            {
                [AdminFiles.CertificateKey] = Base64(certificate.Pem),
                [AdminFiles.TokensKey] = Base64(Push.FakeGateway.Token + "\n"),
                [AdminFiles.StoresSaltKey] = Base64("salt"),
            },
        };

        static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));
    }
}
