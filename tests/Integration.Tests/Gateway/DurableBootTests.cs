using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Operator.Api;
using Operator.Children;
using Operator.Kubernetes;
using Operator.Push;
using Operator.Translate;
using Support.ApiServer;

namespace Integration.Tests.Gateway;

/// <summary>A pod that starts while no operator runs: from the Secrets that the operator wrote, as its own volume shows them.</summary>
public sealed class DurableBootTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("durable-boot-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_new_pod_serves_what_the_operator_kept()
    {
        await using var server = await FakeApiServer.StartAsync();
        var gateway = new LlmGateway { Metadata = new() { Name = "main", Namespace = "default", Uid = "uid" }, Spec = new() };
        await KeepAsync(server, gateway);
        var directory = Mount(server, gateway);

        await using var pod = await GatewayChild.StartAsync(
            _folder.FullName, ("GATEWAY_CONFIG_DIRECTORY", directory), ("GATEWAY_UID", "uid"), ("GATEWAY_CONFIG_WAIT_SECONDS", "0"));
        using var call = new HttpRequestMessage(HttpMethod.Post, pod.Data + "/v1/chat/completions");
        call.Headers.Authorization = new("Bearer", GatewayConfigs.Key);
        call.Content = new StringContent("""{"model":"m","messages":[{"role":"user","content":"hi"}]}""", Encoding.UTF8, "application/json");
        using var answer = await pod.Client.SendAsync(call, Cancellation);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static async Task KeepAsync(FakeApiServer server, LlmGateway gateway)
    {
        var options = new KubernetesClientOptions { Backoff = new(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(20), () => 0) };
        using var connection = new ApiConnection(new() { Server = server.Url }, options, TimeProvider.System);
        var client = new KubernetesClient(connection, TimeProvider.System);
        var config = new StampedConfig(GatewayConfigs.Of(GatewayConfigs.Simulated("m", new())), 7);
        (await new DurableCopy(client, new(client, gateway), gateway).WriteAsync(config, LastValidVersions.Empty, Cancellation))
            .ShouldBeOfType<DurableWrite.Written>();
    }

    /// <summary>The files that a kubelet would lay out for the pod template's volume of the config.</summary>
    private string Mount(FakeApiServer server, LlmGateway gateway)
    {
        var directory = _folder.CreateSubdirectory("config").FullName;
        foreach (var source in PodVolumes.Of(gateway).Single(v => v.Name == "config").Source["sources"]!.AsArray())
        {
            var secret = source!["secret"]!;
            foreach (var item in secret["items"]!.AsArray().OfType<JsonNode>())
            {
                var data = server.Find("secrets", "default", (string)secret["name"]!)?["data"] as JsonObject;
                if ((string?)data?[(string)item["key"]!] is { } value)
                    File.WriteAllBytes(Path.Combine(directory, (string)item["path"]!), Convert.FromBase64String(value));
            }
        }

        return directory;
    }
}
