using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Operator.Api.Definitions;
using Support;
using Support.ControlPlane;

namespace Integration.Tests.ApiServer;

/// <summary>A real API server that has our definitions, for the tests of one class; nothing where there are no binaries.</summary>
public sealed class CrdServer : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private KubeApiServer? _server;

    /// <summary>Skips the test where there is none.</summary>
    public KubeApiServer Server
    {
        get
        {
            Assert.SkipWhen(_server is null, ControlPlaneBinaries.Missing ?? "");
            return _server!;
        }
    }

    public async ValueTask InitializeAsync()
    {
        if (ControlPlaneBinaries.Missing is not null)
            return;
        _server = await KubeApiServer.StartAsync(TestContext.Current.CancellationToken);
        foreach (var kind in CustomResourceDefinitions.Kinds)
        {
            var name = CustomResourceDefinitions.NameOf(kind);
            var yaml = await File.ReadAllTextAsync(Path.Combine(GoldenFile.RepositoryRoot, "crds", $"{name}.yaml"));
            var answer = await ApplyAsync($"apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}", yaml);
            answer.Status.ShouldBe(HttpStatusCode.Created, answer.Body.ToJsonString());
        }

        foreach (var kind in CustomResourceDefinitions.Kinds)
            await WaitUntilServedAsync(PathOf(kind.Name, ""));
    }

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>A new namespace; its name.</summary>
    public async Task<string> NamespaceAsync()
    {
        var manifest = new JsonObject { ["metadata"] = new JsonObject { ["generateName"] = "test-" } };
        using var answer = await Server.Client.PostAsJsonAsync(new Uri("api/v1/namespaces", UriKind.Relative), manifest);
        return (await answer.Content.ReadFromJsonAsync<JsonNode>())!["metadata"]!["name"]!.GetValue<string>();
    }

    /// <summary>Creates one of our objects, as <c>kubectl create</c> does. Unknown fields are refused.</summary>
    public async Task<ApiAnswer> CreateAsync(string kind, string space, JsonNode manifest)
    {
        var path = new Uri($"{PathOf(kind, space)}?fieldValidation=Strict", UriKind.Relative);
        using var answer = await Server.Client.PostAsJsonAsync(path, manifest);
        return new(answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonNode>())!);
    }

    /// <summary>Creates or changes one of our objects, as <c>kubectl apply --server-side</c> does.</summary>
    public Task<ApiAnswer> ApplyAsync(string kind, string space, string name, string yaml) =>
        ApplyAsync($"{PathOf(kind, space)}/{name}", yaml);

    /// <summary>The collection of a kind; an empty namespace: everywhere.</summary>
    public static string PathOf(string kind, string space)
    {
        var definition = CustomResourceDefinitions.NameOf(CustomResourceDefinitions.Kinds.First(k => k.Name == kind));
        var (plural, group) = (definition.Split('.')[0], definition[(definition.IndexOf('.', StringComparison.Ordinal) + 1)..]);
        return $"apis/{group}/v1alpha1/{(space.Length > 0 ? $"namespaces/{space}/" : "")}{plural}";
    }

    private async Task<ApiAnswer> ApplyAsync(string path, string yaml)
    {
        using var content = new StringContent(yaml, Encoding.UTF8);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/apply-patch+yaml");
        var query = "fieldManager=test&force=true";
        using var answer = await Server.Client.PatchAsync(new Uri($"{path}?{query}", UriKind.Relative), content);
        return new(answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonNode>())!);
    }

    private async Task WaitUntilServedAsync(string path)
    {
        using var patience = new CancellationTokenSource(s_patience);
        while (true)
        {
            using var answer = await Server.Client.GetAsync(new Uri(path, UriKind.Relative), patience.Token);
            if (answer.StatusCode == HttpStatusCode.OK)
                return;
            await Task.Delay(50, patience.Token);
        }
    }
}

/// <summary>What the API server says to a write.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The object, or a Status.</param>
public sealed record ApiAnswer(HttpStatusCode Status, JsonNode Body);
