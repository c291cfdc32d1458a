using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Support.Cluster;

namespace Integration.Tests.Cluster;

/// <summary>One namespace, as its users see it. Kinds are plurals as in URLs.</summary>
internal sealed class ClusterSpace(GatewayCluster cluster, string name)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly HttpClient s_client = new(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero });

    private static readonly ImmutableArray<(string Kind, string Name)> s_served =
    [
        ("modelroutes", "chat"), ("modelroutes", "local"), ("modelroutes", "resilient"),
        ("virtualkeys", "demo"), ("virtualkeys", "team-red"), ("budgets", "monthly"),
    ];

    /// <summary>Its name.</summary>
    public string Name => name;

    /// <summary>Those that run in it.</summary>
    public IReadOnlyList<Pod> Pods => cluster.Kubelet.PodsOf(name);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>What <c>kubectl apply -k config/samples</c> makes.</summary>
    public Task ApplySamplesAsync() => KubectlAsync("apply", "-k", "config/samples");

    /// <summary>The samples, once all that need no Secret of their user's are served.</summary>
    public async Task ServeSamplesAsync()
    {
        await ApplySamplesAsync();
        await UntilServedAsync(1);
        foreach (var (kind, of) in s_served)
            await UntilAsync($"{of} is programmed", async () => Condition(await GetAsync(kind, of), "Programmed") == "True");
    }

    /// <summary>Until so many pods, and no more, serve the config.</summary>
    public Task<TimeSpan> UntilServedAsync(int pods) => UntilAsync($"{pods} pods serve", async () =>
        await FindAsync("llmgateways", "main") is { } gateway
        && (int?)gateway["status"]?["observedGeneration"] == (int?)gateway["metadata"]!["generation"]
        && Condition(gateway, "Ready") == "True"
        && (string?)gateway["status"]!["config"]?["summary"] == $"{pods}/{pods}"
        && (int?)gateway["status"]!["readyReplicas"] == pods
        && Pods.Count == pods);

    /// <summary>Until the operator, however new it is, has nothing to do and knows that so many pods serve the config of <c>main</c>.</summary>
    public Task<TimeSpan> UntilRestedAsync(int pods) => UntilAsync("the operator rests", async () =>
    {
        if (cluster.Operator.HasExited)
            return false;
        var metrics = await cluster.Operator.MetricsAsync(Cancellation);
        return metrics.TryGetValue("llmgateway_config_pods", out var states)
            && states.Samples.Any(s => s.Labels["gateway"] == $"{name}/main" && s.Labels["state"] == "acknowledged" && s.Value == pods)
            && metrics["controller_runtime_active_workers"].Samples.All(s => s.Value == 0)
            && metrics["workqueue_depth"].Samples.All(s => s.Value == 0);
    });

    /// <summary>Everything that the operator writes: kind and name, and uid and version.</summary>
    public async Task<SortedDictionary<string, string>> VersionsAsync()
    {
        string[] kinds =
        [
            "llmgateways", "modelroutes", "virtualkeys", "budgets", "secrets", "deployments", "services", "serviceaccounts", "networkpolicies",
            "poddisruptionbudgets",
        ];
        var versions = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var kind in kinds)
        {
            foreach (var metadata in (await ListAsync(kind)).Select(o => o["metadata"]!))
                versions[$"{kind}/{metadata["name"]}"] = $"{metadata["uid"]} {metadata["resourceVersion"]}";
        }

        return versions;
    }

    public Task<string> KubectlAsync(params string[] arguments) => cluster.Kubectl.RunAsync([.. arguments, "-n", name]);

    public Task<JsonObject?> FindAsync(string kind, string of) => cluster.Api.FindAsync(PathOf(kind, of), Cancellation);

    public Task<JsonObject> GetAsync(string kind, string of) => cluster.Api.GetAsync(PathOf(kind, of), Cancellation);

    public Task<List<JsonObject>> ListAsync(string kind) => cluster.Api.ListAsync(PathOf(kind, "").TrimEnd('/'), Cancellation);

    public Task PatchAsync(string kind, string of, string patch) => cluster.Api.PatchAsync(PathOf(kind, of), patch, Cancellation);

    public Task DeleteAsync(string kind, string of) => cluster.Api.DeleteAsync(PathOf(kind, of), cancellation: Cancellation);

    /// <summary>With one value.</summary>
    public Task CreateSecretAsync(string of, string key, string value) => cluster.Api.CreateAsync(
        $"api/v1/namespaces/{name}/secrets",
        new() { ["metadata"] = new JsonObject { ["name"] = of }, ["stringData"] = new JsonObject { [key] = value } },
        Cancellation);

    /// <summary>The plain key of a VirtualKey.</summary>
    public async Task<string> KeyAsync(string of) =>
        Encoding.UTF8.GetString(Convert.FromBase64String((string)(await GetAsync("secrets", $"{of}-key"))["data"]!["api-key"]!));

    /// <summary>The status of a condition; null where it is not there.</summary>
    public static string? Condition(JsonObject value, string type) => (string?)Find(value, type)?["status"];

    /// <summary>Its reason; null where it is not there.</summary>
    public static string? Reason(JsonObject value, string type) => (string?)Find(value, type)?["reason"];

    /// <summary>Its message; null where it is not there.</summary>
    public static string? Message(JsonObject value, string type) => (string?)Find(value, type)?["message"];

    /// <summary>One call of a pod; 503 where it does not listen.</summary>
    public static async Task<(HttpStatusCode Status, string Body)> ChatAsync(Pod pod, string key, string model = "chat")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, pod.Url + "/v1/chat/completions")
        {
            Content = new StringContent($$"""{"model":"{{model}}","messages":[{"role":"user","content":"hi"}]}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new("Bearer", key);
        try
        {
            using var answer = await s_client.SendAsync(request, Cancellation);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
        }
        catch (HttpRequestException e)
        {
            return (HttpStatusCode.ServiceUnavailable, e.Message);
        }
    }

    /// <summary>Until each pod answers with the status; how long that took.</summary>
    public Task<TimeSpan> UntilChatAsync(HttpStatusCode status, string key, string model = "chat", TimeSpan? atMost = null) => UntilAsync(
        $"a call with {model} answers {status}",
        async () => Pods.Count > 0 && (await Task.WhenAll(Pods.Select(p => ChatAsync(p, key, model)))).All(a => a.Status == status),
        atMost);

    /// <summary>Waits for what other processes do; how long that took. Fails with what the operator has said.</summary>
    public async Task<TimeSpan> UntilAsync(string what, Func<Task<bool>> condition, TimeSpan? atMost = null)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            if (waited.Elapsed > (atMost ?? s_patience))
                Assert.Fail($"not in time: {what}\n{await DescribeAsync()}");
            await Task.Delay(20, Cancellation);
        }

        return waited.Elapsed;
    }

    private async Task<string> DescribeAsync()
    {
        var (_, objects, error) = await cluster.Kubectl.TryAsync(
            "get", "llmgateways,modelroutes,virtualkeys,budgets,deployments,pods,secrets,events", "-o", "wide", "-n", name);
        return $"{objects}\n{error}\n{cluster.OperatorOutput}\n{string.Join('\n', Pods.Select(p => $"{p.Name}:\n{p.Log}"))}";
    }

    private static JsonNode? Find(JsonObject value, string type) =>
        (value["status"]?["conditions"] as JsonArray)?.FirstOrDefault(c => (string?)c!["type"] == type);

    private string PathOf(string kind, string of) => kind switch
    {
        "llmgateways" or "modelroutes" or "virtualkeys" or "budgets" => $"apis/llmgateway.dev/v1alpha1/namespaces/{name}/{kind}/{of}",
        "deployments" or "replicasets" => $"apis/apps/v1/namespaces/{name}/{kind}/{of}",
        "networkpolicies" or "ingresses" => $"apis/networking.k8s.io/v1/namespaces/{name}/{kind}/{of}",
        "poddisruptionbudgets" => $"apis/policy/v1/namespaces/{name}/{kind}/{of}",
        "httproutes" => $"apis/gateway.networking.k8s.io/v1/namespaces/{name}/{kind}/{of}",
        "podmonitors" => $"apis/monitoring.coreos.com/v1/namespaces/{name}/{kind}/{of}",
        "horizontalpodautoscalers" => $"apis/autoscaling/v2/namespaces/{name}/{kind}/{of}",
        "events" => $"apis/events.k8s.io/v1/namespaces/{name}/{kind}/{of}",
        _ => $"api/v1/namespaces/{name}/{kind}/{of}",
    };
}
