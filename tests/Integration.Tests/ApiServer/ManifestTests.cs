using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Operator.Hosting;
using Support;
using Support.Cluster;
using Support.ControlPlane;

namespace Integration.Tests.ApiServer;

/// <summary>What <c>config/</c> holds, applied to a real API server by a real kubectl.</summary>
public sealed class ManifestTests
{
    private const string Operator = "system:serviceaccount:llm-gateway-system:llm-gateway-operator";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_default_installs_the_samples_apply_and_the_operator_may_do_what_it_needs()
    {
        Assert.SkipWhen(ControlPlaneBinaries.Missing is not null, ControlPlaneBinaries.Missing ?? "");
        await using var server = await KubeApiServer.StartAsync(Cancellation);

        await KubectlAsync(server, "apply", "--server-side", "-k", "config/default");
        await KubectlAsync(server, "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s");
        await KubectlAsync(server, "apply", "-k", "config/samples");

        (await KubectlAsync(server, "get", "llm", "--no-headers")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(9);
        await EachSampleAppliesAsync(server);
        await TheOperatorsPodIsAdmittedAsync(server);
        await TheOperatorMayAsync(server, "default", Permissions.Watched);
        await TheOperatorMayAsync(server, "", Permissions.Cluster);
        await TheOperatorMayAsync(server, "llm-gateway-system", Permissions.Home);
        (await IsAllowedAsync(server, "default", new("", "pods", []), "create")).ShouldBeFalse();
    }

    private static async Task EachSampleAppliesAsync(KubeApiServer server)
    {
        var folders = Directory.GetDirectories(Path.Combine(GoldenFile.RepositoryRoot, "config/samples"));
        folders.ShouldNotBeEmpty();
        foreach (var folder in folders)
        {
            var name = Path.GetFileName(folder);
            await KubectlAsync(server, "create", "namespace", name);
            await KubectlAsync(server, "apply", "--namespace", name, "-f", folder);
        }
    }

    /// <summary>A Deployment that breaks the namespace's Pod Security Standard is only warned of; its pods are refused.</summary>
    private static async Task TheOperatorsPodIsAdmittedAsync(KubeApiServer server)
    {
        var path = new Uri("apis/apps/v1/namespaces/llm-gateway-system/deployments/llm-gateway-operator", UriKind.Relative);
        var deployment = (await server.Client.GetFromJsonAsync<JsonNode>(path, Cancellation))!;
        var pod = deployment["spec"]!["template"]!.DeepClone();
        pod["metadata"]!["name"] = "operator";

        var pods = new Uri("api/v1/namespaces/llm-gateway-system/pods", UriKind.Relative);
        using var answer = await server.Client.PostAsJsonAsync(pods, pod, Cancellation);

        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync(Cancellation));
    }

    private static async Task TheOperatorMayAsync(KubeApiServer server, string space, IEnumerable<Permission> permissions)
    {
        foreach (var permission in permissions)
        {
            foreach (var verb in permission.Verbs)
                (await IsAllowedAsync(server, space, permission, verb)).ShouldBeTrue($"{verb} {permission.Resource} in {space}");
        }
    }

    /// <summary>https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/subject-access-review-v1/</summary>
    private static async Task<bool> IsAllowedAsync(KubeApiServer server, string space, Permission permission, string verb)
    {
        var resource = permission.Resource.Split('/');
        var review = new JsonObject
        {
            ["spec"] = new JsonObject
            {
                ["user"] = Operator,
                ["resourceAttributes"] = new JsonObject
                {
                    ["namespace"] = space,
                    ["verb"] = verb,
                    ["group"] = permission.Group,
                    ["resource"] = resource[0],
                    ["subresource"] = resource.Length > 1 ? resource[1] : "",
                },
            },
        };
        var path = new Uri("apis/authorization.k8s.io/v1/subjectaccessreviews", UriKind.Relative);
        using var answer = await server.Client.PostAsJsonAsync(path, review, Cancellation);
        return (await answer.Content.ReadFromJsonAsync<JsonNode>(Cancellation))!["status"]!["allowed"]!.GetValue<bool>();
    }

    private static Task<string> KubectlAsync(KubeApiServer server, params string[] arguments) =>
        new Kubectl(server.KubeConfig, Cancellation).RunAsync(arguments);
}
