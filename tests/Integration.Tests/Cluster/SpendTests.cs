using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.Contract;
using Support.Cluster;
using Support.Stores;

namespace Integration.Tests.Cluster;

/// <summary>What pods that share a database have counted, as users see it: in statuses, and by <c>operator spend</c>.</summary>
[Collection(SharedCluster.Name)]
public sealed class SpendTests(GatewayCluster cluster) : IDisposable
{
    private const int CallsOfEachPod = 4;

    private static readonly HttpClient s_client = new(new SocketsHttpHandler { UseProxy = false });

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spend-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(SpendTier.Postgres)]
    [InlineData(SpendTier.Redis)]
    public async Task Two_pods_that_share_a_database_show_one_exact_sum_which_new_pods_know_too(SpendTier tier)
    {
        _ = cluster.Server;
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var redis = tier == SpendTier.Redis ? await RedisServer.StartNewAsync() : null;
        var space = await cluster.SpaceAsync();
        await space.CreateSecretAsync("postgres", "uri", postgres.Url);
        if (redis is not null)
            await space.CreateSecretAsync("redis", "uri", redis.Url);
        await space.ServeSamplesAsync();
        await space.PatchAsync("llmgateways", "main", Stores(redis is not null));
        await space.UntilServedAsync(2);
        var (demo, red) = (await space.KeyAsync("demo"), await space.KeyAsync("team-red"));

        // Paid on both pods at once, by two keys.
        var costs = await Task.WhenAll(space.Pods.SelectMany(p => new[] { demo, red }.SelectMany(k =>
            Enumerable.Range(0, CallsOfEachPod).Select(_ => PayAsync(p, k)))));
        var sum = costs.Sum();
        costs.Length.ShouldBe(4 * CallsOfEachPod);
        sum.ShouldBeGreaterThan(0);

        // The report of either way of asking.
        var direct = await SpendAsync("", "--kubeconfig", cluster.Server.KubeConfig, "-n", space.Name, "-o", "json", "--group-by", "key");
        direct.ExitCode.ShouldBe(0, direct.Error);
        var report = JsonNode.Parse(direct.Output)!;
        ((decimal)report["total"]!["spend"]!).ShouldBe(sum);
        ((long)report["total"]!["requests"]! - (long)report["total"]!["refused_requests"]!).ShouldBe(costs.Length);
        report["results"]!.AsArray().Select(r => (string?)r!["key"]).Order().ShouldBe([$"{space.Name}/demo", $"{space.Name}/team-red"]);
        var tunnelled = await SpendAsync(
            TunnelFolder(space.Pods), "--kubeconfig", cluster.Server.KubeConfig, "-n", space.Name, "-o", "json", "--group-by", "key");
        tunnelled.ShouldBe(direct);

        // A limit that is just reached: status says so to the last digit, and both pods refuse.
        await space.PatchAsync("budgets", "monthly", """{"spec":{"limit":{"cost":{"amount":"SUM"}}}}""".Replace("SUM", Text(sum), StringComparison.Ordinal));
        await space.UntilAsync("the budget is exceeded", async () =>
            ClusterSpace.Condition(await space.GetAsync("budgets", "monthly"), "Exceeded") == "True");
        await ShouldShowAsync(space, sum);
        await space.UntilChatAsync(HttpStatusCode.TooManyRequests, demo);
        await space.UntilAsync("the keys say so", async () =>
            ClusterSpace.Condition(await space.GetAsync("virtualkeys", "demo"), "BudgetExceeded") == "True"
            && ClusterSpace.Condition(await space.GetAsync("virtualkeys", "team-red"), "BudgetExceeded") == "True");

        // Pods that have counted nothing by themselves, and an operator that remembers nothing.
        var told = await ToldAsync(space);
        await cluster.Operator.KillAsync();
        foreach (var pod in space.Pods.ToList())
            await space.DeleteAsync("pods", pod.Name);
        cluster.StartOperator();
        await space.UntilServedAsync(2);
        await space.UntilRestedAsync(2);
        await ShouldShowAsync(space, sum);
        ClusterSpace.Condition(await space.GetAsync("virtualkeys", "demo"), "BudgetExceeded").ShouldBe("True");
        (await ToldAsync(space)).ShouldBe(told);
    }

    [Fact]
    public async Task Without_a_tunnel_the_words_of_kubectl_are_one_line()
    {
        _ = cluster.Server;
        var space = await cluster.SpaceAsync();
        await space.ServeSamplesAsync();

        var spend = await SpendAsync(
            Path.GetDirectoryName(Kubectl.Program)!, "--kubeconfig", cluster.Server.KubeConfig, "-n", space.Name, "--gateway", "main");

        // No kubelet is there that a real kubectl could be forwarded to.
        spend.ExitCode.ShouldBe(1);
        spend.Output.ShouldBeEmpty();
        spend.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldHaveSingleItem().ShouldStartWith("kubectl: ");
    }

    private static async Task ShouldShowAsync(ClusterSpace space, decimal sum)
    {
        var status = (await space.GetAsync("budgets", "monthly"))["status"]!;
        decimal.Parse((string)status["spent"]!, CultureInfo.InvariantCulture).ShouldBe(sum);
        ((string?)status["remaining"]).ShouldBe("0.00");
        ((int?)status["usedPercent"]).ShouldBe(100);
        ((int?)status["selectedKeys"]).ShouldBe(2);
        ((int?)status["exceededKeys"]).ShouldBe(2);
    }

    /// <summary>How often the budget was told to be exceeded.</summary>
    private static async Task<int> ToldAsync(ClusterSpace space) => (await space.ListAsync("events"))
        .Where(e => (string?)e["reason"] == "BudgetExceeded")
        .Sum(e => (int?)e["series"]?["count"] ?? 1);

    private static string Stores(bool withRedis)
    {
        var redis = withRedis ? ""","redis":{"secretRef":{"name":"redis","key":"uri"}}""" : "";
        return """{"spec":{"replicas":2,"postgres":{"secretRef":{"name":"postgres","key":"uri"}}""" + redis + "}}";
    }

    /// <summary>A call that is answered; its cost.</summary>
    private static async Task<decimal> PayAsync(Pod pod, string key)
    {
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, pod.Url + "/v1/chat/completions")
            {
                Content = new StringContent("""{"model":"chat","messages":[{"role":"user","content":"hi"}]}""", Encoding.UTF8, "application/json"),
            };
            request.Headers.Authorization = new("Bearer", key);
            using var answer = await s_client.SendAsync(request, Cancellation);

            // What a busy machine did not count within its bound is asked again, as a client would.
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
                continue;
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Cancellation));
            return decimal.Parse(answer.Headers.GetValues("x-litellm-response-cost").Single(), NumberStyles.Float, CultureInfo.InvariantCulture);
        }
    }

    private static string Text(decimal amount) => amount.ToString("0.#########", CultureInfo.InvariantCulture);

    /// <summary>
    /// A folder with a kubectl that is the real one, but for the tunnel: no kubelet is there to make it, and pods listen on this machine, so
    /// that it says where.
    /// </summary>
    private string TunnelFolder(IEnumerable<Pod> pods)
    {
        var cases = string.Concat(pods.Select(p => $"  *pod/{p.Name}\\ *) echo 'Forwarding from {p.Address}:4001 -> 4001'; exec sleep 1000 ;;\n"));
        var program = Path.Combine(_folder.FullName, "kubectl");
        File.WriteAllText(program, $"#!/bin/sh\ncase \"$*\" in\n{cases}esac\nexec {Kubectl.Program} \"$@\"\n");
#pragma warning disable CA1416 // A shell is needed anyway.
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
#pragma warning restore CA1416
        return _folder.FullName;
    }

    private static async Task<(int ExitCode, string Output, string Error)> SpendAsync(string path, params string[] arguments)
    {
        var start = new ProcessStartInfo(InstalledCluster.ProgramOf("Operator"), ["spend", .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = path.Length == 0 ? "" : $"{path}:/usr/bin:/bin";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(Cancellation);
        var output = await process.StandardOutput.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        return (process.ExitCode, output, await error);
    }
}
