using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Operator.Api;
using Operator.Children;
using Operator.Push;
using Operator.Tests.Kubernetes;
using Operator.Tests.Push;
using Support.ApiServer;

namespace Operator.Tests.Reconcile.Line;

/// <summary>A cluster in one process: an API server, operators, and pods that answer on the addresses that their objects name.</summary>
internal sealed class LineSetup : IAsyncDisposable
{
    /// <summary>While time passes quickly.</summary>
    private const int LooksPerSecond = 5;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>Longer than whatever is done at once; rounds that come later look at what is done already.</summary>
    private static readonly TimeSpan s_rest = TimeSpan.FromMilliseconds(35);

    private static int s_addresses;

    private readonly TestCluster _cluster;
    private readonly RunningClock _clock = new();
    private readonly ConcurrentStack<IAsyncDisposable> _parts = [];
    private int _operators;
    private int _pods;

    private LineSetup(TestCluster cluster)
    {
        _cluster = cluster;
        Server.Time = _clock.Time;
    }

    public FakeApiServer Server => _cluster.Double!;

    public string Namespace => _cluster.Namespace;

    public DateTimeOffset Now => _clock.Time.GetUtcNow();

    public static async Task<LineSetup> StartAsync() => new(await TestCluster.StartAsync("double"));

    /// <summary>With an operator, a gateway <c>main</c>, a key <c>demo</c>, a route <c>a</c>, and so many pods that serve it all.</summary>
    public static async Task<(LineSetup Setup, LineOperator Operator, LinePod[] Pods)> ReadyAsync(int pods = 1, LineOptions? options = null)
    {
        var setup = await StartAsync();
        setup.ApplyBasics();
        var @operator = setup.StartOperator(options);
        var started = new LinePod[pods];
        for (var i = 0; i < pods; i++)
            started[i] = await setup.StartPodAsync();
        await setup.WhenReadyAsync();
        return (setup, @operator, started);
    }

    public void ApplyBasics()
    {
        Create("llmgateways", Manifest.Gateway());
        Create("virtualkeys", Manifest.Key("demo"));
        Create("modelroutes", Manifest.Route("a"));
    }

    /// <param name="options">Its patience.</param>
    /// <param name="clock">Other than that of all others.</param>
    public LineOperator StartOperator(LineOptions? options = null, RunningClock? clock = null)
    {
        var started = new LineOperator(
            Server, options ?? new(), (clock ?? _clock).Time, string.Create(CultureInfo.InvariantCulture, $"operator-{++_operators}"));
        _parts.Push(started);
        return started;
    }

    /// <summary>As the cluster would: once Deployment and admin Secret are there. What the durable copy holds it serves at once.</summary>
    /// <param name="gateway">Name of the LlmGateway.</param>
    /// <param name="prepare">The process before its object is there.</param>
    /// <param name="isReady">What the kubelet says of it from the beginning.</param>
    public async Task<LinePod> StartPodAsync(string gateway = "main", Action<FakeGateway>? prepare = null, bool isReady = true)
    {
        await WhenAsync(() => Find("secrets", ChildNames.Admin(gateway)) is not null && Find("deployments", gateway) is not null);
        var files = AdminFilesOf(gateway);
        var listen = new IPEndPoint(NextAddress(), PodPorts.Admin);
        var process = await FakeGateway.StartAsync(AdminCertificate.Parse(files.CertificatePem), files.Tokens, listen);
        if (await DurableAsync(gateway) is { } found)
            process.Boot(found.Config);
        prepare?.Invoke(process);
        var pod = new LinePod(this, string.Create(CultureInfo.InvariantCulture, $"{gateway}-{_pods++}"), process);
        _parts.Push(pod);
        Create("pods", LinePod.Manifest(pod.Name, gateway, Template(gateway), listen.Address.ToString(), isReady));
        return pod;
    }

    /// <summary>That of the gateway's Deployment.</summary>
    public JsonObject Template(string gateway = "main") => Find("deployments", gateway)!["spec"]!["template"]!.AsObject();

    public void Jump(TimeSpan by) => _clock.Jump(by);

    /// <summary>Time passes, and the operator does at each step what falls due.</summary>
    public async Task PassAsync(LineOperator @operator, int steps, TimeSpan step)
    {
        for (var i = 0; i < steps; i++)
        {
            Jump(step);
            await WhenAtRestAsync(@operator);
        }
    }

    /// <summary>While time passes quickly, but not so quickly that a call on a busy machine takes longer than anybody waits for it.</summary>
    public Task WhenPassingAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var looks = 0;
        return WhenAsync(
            () =>
            {
                if (looks++ % LooksPerSecond == 0)
                    Jump(TimeSpan.FromSeconds(1));
                return condition();
            },
            what);
    }

    /// <summary>Nothing to do, and for so long by its clock that nothing is about to come.</summary>
    public Task WhenAtRestAsync(LineOperator @operator)
    {
        var (rested, since, calls) = (0, Now, -1);
        return WhenAsync(() =>
        {
            var now = Server.Calls.Length;
            (rested, since) = @operator.IsAtRest && now == calls ? (rested + 1, since) : (0, Now);
            calls = now;
            return rested > 5 && Now - since > s_rest;
        });
    }

    /// <summary>The gateway and the key say so, and every pod serves the key that is in the Secret.</summary>
    public Task WhenReadyAsync() => WhenAsync(() => IsReady);

    /// <inheritdoc cref="WhenReadyAsync"/>
    public Task WhenReadyPassingAsync() => WhenPassingAsync(() => IsReady);

    private bool IsReady => Condition("llmgateways", "main", "Ready") == "True Ready"
        && Condition("virtualkeys", "demo", "Ready") == "True Ready";

    /// <summary>Waits for what other threads do; where it never happens, the test says what stood there instead.</summary>
    public async Task WhenAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(s_patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        try
        {
            while (!condition())
                await timer.WaitForNextTickAsync(timeout.Token);
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            Assert.Fail($"never: {what}\n{Describe()}");
        }
    }

    public void Create(string plural, JsonObject value) => Server.Create(plural, Namespace, value);

    public void Patch(string plural, string name, JsonObject patch) => Server.Patch(plural, Namespace, name, patch);

    public void Delete(string plural, string name) => Server.Delete(plural, Namespace, name);

    /// <summary>In the namespace of the test, unless the name is that of one and the object.</summary>
    public JsonObject? Find(string plural, string name) => name.Split('/') is [var elsewhere, var of]
        ? Server.Find(plural, elsewhere, of)
        : Server.Find(plural, Namespace, name);

    public long Generation(string plural, string name) => (long)Find(plural, name)!["metadata"]!["generation"]!;

    /// <summary>As <c>True Ready</c>; empty where there is none yet, or none of the object's generation.</summary>
    public string Condition(string plural, string name, string type)
    {
        var generation = (long?)Find(plural, name)?["metadata"]?["generation"];
        var condition = Conditions(plural, name).FirstOrDefault(c => (string)c["type"]! == type);
        return condition is null || (long?)condition["observedGeneration"] != generation ? "" : $"{condition["status"]} {condition["reason"]}";
    }

    /// <summary>Of a condition; empty where there is none.</summary>
    public string Message(string plural, string name, string type) =>
        (string?)Conditions(plural, name).FirstOrDefault(c => (string)c["type"]! == type)?["message"] ?? "";

    /// <summary>Conditions that are False, as <c>Accepted Conflict</c>.</summary>
    public IEnumerable<string> Mistakes(string plural, string name) =>
        Conditions(plural, name).Where(c => (string)c["status"]! == "False").Select(c => $"{c["type"]} {c["reason"]}");

    /// <summary>Reasons of the events about one object, those that came again as often as they came.</summary>
    public IEnumerable<string> Events(string name) => Server.List("events")
        .Where(e => (string)e["regarding"]!["name"]! == name.Split('/')[^1])
        .SelectMany(e => Enumerable.Repeat((string)e["reason"]!, (int?)e["series"]?["count"] ?? 1));

    /// <summary>How often the Secret was read.</summary>
    public int Calls(string secret) => Server.Calls.Count(c => c is { Verb: "get", Resource: "secrets" } && c.Name == secret);

    /// <summary>The key itself, from the Secret that users read.</summary>
    public string KeyText(string name = "demo", string key = "api-key") => SecretOf($"{name}-key").Read(key)!;

    /// <summary>What pods read.</summary>
    public AdminFiles AdminFilesOf(string gateway = "main") => AdminFiles.Read(SecretOf(ChildNames.Admin(gateway)))!;

    public Secret SecretOf(string name) => Find("secrets", name).Deserialize<Secret>(ApiJson.Options)!;

    /// <summary>What a pod that starts now would find.</summary>
    public async Task<DurableRead.Found?> DurableAsync(string gateway = "main")
    {
        var of = Find("llmgateways", gateway).Deserialize<LlmGateway>(ApiJson.Options)!;
        var copy = new DurableCopy(_cluster.Client, new ConfigIndex(_cluster.Client, of), of);
        return await copy.ReadAsync(TestContext.Current.CancellationToken) as DurableRead.Found;
    }

    public async ValueTask DisposeAsync()
    {
        while (_parts.TryPop(out var part))
            await part.DisposeAsync();
        await _clock.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    /// <summary>The port is the same for all pods, so every one has an address of its own in 127.0.0.0/8.</summary>
    private static IPAddress NextAddress()
    {
        var next = Interlocked.Increment(ref s_addresses);
        return new([127, (byte)(1 + (Environment.ProcessId % 250)), (byte)(next / 250), (byte)(1 + (next % 250))]);
    }

    private IEnumerable<JsonObject> Conditions(string plural, string name) =>
        (Find(plural, name)?["status"]?["conditions"] as JsonArray ?? []).OfType<JsonObject>();

    private string Describe()
    {
        var text = new StringBuilder();
        foreach (var plural in new[] { "llmgateways", "modelroutes", "virtualkeys", "budgets" })
        {
            foreach (var found in Server.List(plural, Namespace).Take(20))
            {
                text.Append(CultureInfo.InvariantCulture, $"{plural} {found["metadata"]!["name"]} generation {found["metadata"]!["generation"]}\n");
                foreach (var c in found["status"]?["conditions"] as JsonArray ?? [])
                    text.Append(CultureInfo.InvariantCulture, $"  {c!["type"]}={c["status"]} {c["reason"]}: {c["message"]}\n");
            }
        }

        foreach (var pod in _parts.OfType<LinePod>().Reverse())
            text.Append(CultureInfo.InvariantCulture, $"pod {pod.Name} serves {pod.Revision}, pushed {string.Join(' ', pod.Process.Pushed.TakeLast(10))}\n");
        foreach (var @operator in _parts.OfType<LineOperator>().Reverse())
            text.Append(CultureInfo.InvariantCulture, $"{@operator.Name} at rest: {@operator.IsAtRest}\n");
        text.Append(CultureInfo.InvariantCulture, $"it is {Now:O}\n");
        foreach (var e in Server.List("events", Namespace).Take(20))
            text.Append(CultureInfo.InvariantCulture, $"event {e["regarding"]!["name"]} {e["reason"]}: {e["note"]}\n");
        foreach (var call in Server.Calls.Where(c => c.Verb is not ("watch" or "list")).TakeLast(20))
            text.Append(CultureInfo.InvariantCulture, $"{call.UserAgent} {call.Verb} {call.Resource} {call.Name}\n");
        return text.ToString();
    }
}
