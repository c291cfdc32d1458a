using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.Contract;
using Support.FakeProviders;

namespace Integration.Tests.Gateway;

/// <summary>
/// The log at its most talkative: every text that a caller, a provider or a Secret brings holds the word that is looked for.
/// </summary>
public sealed class LogTests : IDisposable
{
    private const string Marker = "marker";
    private const string Key = "sk-marker-key";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("log-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Log_HoldsNoKeyPromptAnswerOrQuery()
    {
        await using var provider = await FakeProvider.StartAsync(Answers.InOrder(
            Answers.OpenAi(new() { Text = "marker answer" }),
            Answers.OpenAi(new() { Text = "marker answer" }),
            Answers.Json("""{"error":{"message":"marker error"}}""", 400),
            Answers.Json("""{"error":{"message":"marker error"}}""", 500),
            Answers.Json("""{"error":{"message":"marker error, key marker-credential"}}""", 401),
            Answers.Html(),
            Answers.Json("marker, and no JSON"),
            Answers.EventsThen(["data: {\"marker\":\n\n"], StreamEnd.Reset),
            Answers.Reset()));
        var gateway = await GatewayChild.StartAsync(_folder.FullName, ("GATEWAY_LOG_LEVEL", "Trace"));
        await using (gateway)
        {
            await gateway.PushAsync(Config(provider.BaseUrl));
            for (var i = 0; i < 9; i++)
                await TryAsync(gateway, "/v1/chat/completions?marker=marker", Body(stream: i is 1 or 7), Key);
            await TryAsync(gateway, "/v1/chat/completions?key=" + Key, "{ \"model\": marker", null);
            await TryAsync(gateway, "/v1/chat/completions?key=sk-marker-unknown", Body(), "sk-marker-other");
            await TryAsync(gateway, "/v1/marker?x=marker", Body(), Key);
            await TryAsync(gateway, "/v1/chat/completions", Body().Replace("\"m\"", "\"marker-model\"", StringComparison.Ordinal), Key);
            await SendRawAsync(gateway, "GET /marker?marker=1 HTTP/9.9\r\nmarker\r\n\r\n");
            await SendRawAsync(
                gateway,
                "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + Key
                    + "\r\nContent-Length: 999\r\n\r\n{\"marker");
            var refused = Config(provider.BaseUrl) with { Revision = 2, Budgets = [] };
            await Should.ThrowAsync<HttpRequestException>(
                () => gateway.PushAsync(refused with { Credentials = [refused.Credentials[0], refused.Credentials[0]] }));
            await Should.ThrowAsync<HttpRequestException>(() => gateway.PushAsync(refused with { Revision = 1 }));
            gateway.CloseInput();
            await gateway.ExitAsync(TimeSpan.FromSeconds(20));
        }

        var lines = gateway.Log.Split('\n');
        lines.ShouldAllBe(l => JsonNode.Parse(l) is JsonObject);
        lines.ShouldContain(l => l.Contains("Stopped", StringComparison.Ordinal));
        lines.Where(l => l.Contains(Marker, StringComparison.OrdinalIgnoreCase)).ShouldBeEmpty();
        lines.Where(l => l.Contains("admin-token", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    private static ConfigSnapshot Config(string baseUrl)
    {
        var route = GatewayConfigs.Upstream(baseUrl);
        return GatewayConfigs.Of(route with { Targets = [route.Targets[0] with { Credential = "c" }] }) with
        {
            Keys = [GatewayConfigs.KeyOf(Key)],
            Credentials = [new() { Name = "c", Value = "marker-credential" }],
        };
    }

    private static string Body(bool stream = false) =>
        $$"""{"model":"m","stream":{{(stream ? "true" : "false")}},"user":"marker","messages":["""
            + $$"""{"role":"user","content":"marker prompt"}]}""";

    /// <summary>However it ends.</summary>
    private static async Task TryAsync(GatewayChild gateway, string path, string body, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, gateway.Data + path)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        if (key is not null)
            request.Headers.Authorization = new("Bearer", key);
        try
        {
            using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        }
        catch (HttpRequestException)
        {
        }
    }

    /// <summary>Sends, ends its half, and reads to the end.</summary>
    private static async Task SendRawAsync(GatewayChild gateway, string text)
    {
        var address = new Uri(gateway.Data);
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Parse(address.Host), address.Port, TestContext.Current.CancellationToken);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(text), TestContext.Current.CancellationToken);
        socket.Client.Shutdown(SocketShutdown.Send);
        try
        {
            await stream.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken);
        }
        catch (IOException)
        {
        }
    }
}
