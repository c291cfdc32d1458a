using Support;

namespace Integration.Tests.Cluster;

/// <summary>The product in the hands of somebody who has kubectl and nothing else.</summary>
[Collection(SharedCluster.Name)]
public sealed class KubectlTests(GatewayCluster cluster, ITestOutputHelper output)
{
    private const string Gateway =
        """
        apiVersion: llmgateway.dev/v1alpha1
        kind: LlmGateway
        metadata: {name: wrong}
        spec:
        """;

    private const string Route =
        """
        apiVersion: llmgateway.dev/v1alpha1
        kind: ModelRoute
        metadata: {name: wrong}
        spec:
          gatewayRefs: [{name: main}]
          model: m
          targets:
        """;

    private static readonly string s_texts = Path.Combine(GoldenFile.RepositoryRoot, "tests/Integration.Tests/Cluster/kubectl");

    public static TheoryData<string, string> Mistakes => new()
    {
        { Gateway + "\n  redis: {secretRef: {name: redis, key: uri}}", "`redis` requires `postgres`" },
        { Gateway + "\n  replicas: 3", "more than one of `replicas` requires `postgres`" },
        { Gateway + "\n  replica: 3", "unknown field \"spec.replica\"" },
        { Route + "\n  - {name: a, provider: OpenAi}", "spec.targets[0].provider: Unsupported value: \"OpenAi\": supported values: \"OpenAI\", " },
        { Route + "\n  - {name: a, provider: OpenAICompatible}", "baseURL" },
        { Route + " []", "spec.targets: Invalid value: 0" },
    };

    [Fact]
    public async Task The_samples_are_shown_and_described_as_the_documentation_says()
    {
        _ = cluster.Server;
        var space = await cluster.SpaceAsync();

        await space.ApplySamplesAsync();
        await space.KubectlAsync("wait", "--for=condition=Ready", "llmgateway/main", "--timeout=60s");
        await space.KubectlAsync(
            "wait", "--for=condition=Programmed", "modelroute/chat", "modelroute/resilient", "modelroute/local", "virtualkey/demo",
            "virtualkey/team-red", "budget/monthly", "--timeout=60s");
        await space.UntilAsync("the events are there and the spend is read", async () =>
        {
            var told = (await space.ListAsync("events")).Select(e => (string?)e["reason"]).ToList();
            return told.Count(r => r == "KeyCreated") == 2 && told.Count(r => r == "SecretNotFound") == 2 && told.Contains("Programmed")
                && (await space.GetAsync("budgets", "monthly"))["status"]!["usageObservedTime"] is not null;
        });

        await CompareAsync(space, "get", "llmgateways,modelroutes,virtualkeys,budgets");
        (await space.KubectlAsync("get", "llm", "-o", "name")).ShouldBe(
            await space.KubectlAsync("get", "budgets,llmgateways,modelroutes,virtualkeys", "-o", "name"));
        await CompareAsync(space, "describe", "llmgateway/main");
        await CompareAsync(space, "describe", "modelroute/gpt");
        await CompareAsync(space, "describe", "virtualkey/team-red");
        await CompareAsync(space, "describe", "budget/monthly");
    }

    [Theory]
    [InlineData("llmgateway.spec.autoscaling", "Lets a HorizontalPodAutoscaler set `replicas`. Requires `postgres`.")]
    [InlineData("modelroute.spec.targets.pricing", "What it costs; default: as the built-in price table says.")]
    [InlineData("vkey.spec.rotation", "Makes a new key from time to time; default: never.")]
    [InlineData("llmbudget.spec.limit.cost", "Money.")]
    public async Task Fields_are_explained(string field, string text)
    {
        _ = cluster.Server;

        var explained = await cluster.Kubectl.RunAsync("explain", field);

        explained.ShouldContain(text);
        explained.ShouldNotContain("<no description>");
        explained.ShouldNotContain("<empty>");
    }

    [Theory, MemberData(nameof(Mistakes))]
    public async Task A_mistake_is_refused_with_what_is_wrong_and_where(string manifest, string problem)
    {
        _ = cluster.Server;
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, manifest, TestContext.Current.CancellationToken);

        var (exitCode, _, error) = await cluster.Kubectl.TryAsync("apply", "--dry-run=server", "-f", file);
        File.Delete(file);

        output.WriteLine(error);
        exitCode.ShouldBe(1);
        error.ShouldContain(problem);
    }

    private static async Task CompareAsync(ClusterSpace space, string verb, string objects)
    {
        var text = KubectlText.Masked(await space.KubectlAsync(verb, objects), space.Name);
        var name = $"{verb}-{objects.Replace('/', '-').Replace(',', '-')}.txt";
        GoldenFile.Difference(Path.Combine(s_texts, name), text).ShouldBeNull();
    }
}
