using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;

namespace Support.Cluster;

/// <summary>A pod that a <see cref="Kubelet"/> runs, in the hands of a test.</summary>
public sealed class Pod
{
    private readonly ConcurrentQueue<string> _log = new();

    internal Pod(JsonObject value, string folder, string claims)
    {
        (Value, Folder, Claims) = (value, folder, claims);
        Name = (string)value["metadata"]!["name"]!;
        Namespace = (string)value["metadata"]!["namespace"]!;
        Uid = (string)value["metadata"]!["uid"]!;
    }

    /// <summary>Name of the pod.</summary>
    public string Name { get; }

    /// <summary>Its namespace.</summary>
    public string Namespace { get; }

    /// <summary>Its uid.</summary>
    public string Uid { get; }

    /// <summary>The same for all its life.</summary>
    public IPAddress Address { get; } = PodAddress.Take();

    /// <summary>The port of clients, as <c>http://127.7.0.3:4000</c>.</summary>
    public string Url => $"{Scheme}://{Address}:4000";

    /// <summary>The port of <c>/metrics</c>.</summary>
    public string MetricsUrl => $"http://{Address}:4002";

    /// <summary>What its readiness probe has said last.</summary>
    public bool IsReady { get; internal set; }

    /// <summary>How many times its process has ended and was started again.</summary>
    public int Restarts { get; internal set; }

    /// <summary>The last 500 lines that its processes have written.</summary>
    public string Log => string.Join('\n', _log);

    /// <summary>The id of its process; null while there is none.</summary>
    public int? ProcessId => Process?.Id;

    internal string Path => $"api/v1/namespaces/{Namespace}/pods/{Name}";

    internal string Scheme => (string?)Container["readinessProbe"]?["httpGet"]?["scheme"] == "HTTPS" ? "https" : "http";

    internal JsonObject Value { get; }

    internal JsonObject Container => ((JsonArray)Value["spec"]!["containers"]!).Select(c => (JsonObject)c!).Single(c => (string?)c["name"] == "gateway");

    internal string Folder { get; }

    internal string Claims { get; }

    internal PodProcess? Process { get; private set; }

    /// <summary>As <c>kill -9</c>: its process is started again.</summary>
    public Task KillAsync() => Process?.KillAsync() ?? Task.CompletedTask;

    /// <summary>It answers nobody until <see cref="ContinueAsync"/>.</summary>
    public Task PauseAsync() => Process?.SignalAsync("STOP") ?? Task.CompletedTask;

    /// <inheritdoc cref="PauseAsync"/>
    public Task ContinueAsync() => Process?.SignalAsync("CONT") ?? Task.CompletedTask;

    internal void Start(string program, IEnumerable<KeyValuePair<string, string>> environment) =>
        Process = new(program, environment, _log);
}
