using System.Collections.Immutable;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Operator.Hosting;
using Operator.Standalone.Manifests;
using Operator.Tests.Kubernetes;
using Support;
using Support.ApiServer;

namespace Operator.Tests.Hosting;

/// <summary>What keeps the operator from running is one line with the remedy, and it ends.</summary>
public sealed class PreflightTests : IAsyncDisposable
{
    private static readonly ApiFault s_forbidden = new ApiFault.Answer(403, "Forbidden");
    private static readonly ApiFault s_unknown = new ApiFault.Answer(404, "NotFound");

    private TestCluster _cluster = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _cluster is null ? default : _cluster.DisposeAsync();

    [Fact]
    public async Task Where_everything_is_there_it_finds_nothing()
    {
        await StartAsync();

        (await ProblemAsync()).ShouldBeNull();
    }

    [Theory]
    [InlineData("31", "v1.31.9")]
    [InlineData("30+", "v1.30.5-eks-a1")]
    public async Task An_API_server_that_is_too_old_is_told_with_the_release_that_is_needed(string minor, string full)
    {
        (await StartAsync()).Version = Version(minor, full);

        (await ProblemAsync()).ShouldBe($"the API server is too old ({full}): upgrade the cluster to Kubernetes 1.32 or later");
    }

    [Theory]
    [InlineData("32", "v1.32.0")]
    [InlineData("33+", "v1.33.1-gke.100")]
    [InlineData("", "")]
    [InlineData("next", "v2-next")]
    public async Task An_API_server_that_is_new_enough_or_has_no_release_is_taken(string minor, string full)
    {
        (await StartAsync()).Version = Version(minor, full);

        (await ProblemAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task An_API_server_that_does_not_say_what_it_is_is_taken()
    {
        (await StartAsync()).Version = null;

        (await ProblemAsync()).ShouldBeNull();
    }

    [Theory]
    [InlineData("llmgateways")]
    [InlineData("modelroutes")]
    [InlineData("virtualkeys")]
    [InlineData("budgets")]
    public async Task A_definition_that_is_missing_is_told_with_how_to_install_it(string plural)
    {
        (await StartAsync()).Inject(s_unknown, c => c.Resource == plural);

        (await ProblemAsync()).ShouldBe(
            $"the API server does not know {plural} (llmgateway.dev/v1alpha1): install the definitions with "
            + "`kubectl apply --server-side -k crds`, or the chart's `crds.enabled`");
    }

    [Theory]
    [InlineData("list", "llmgateways")]
    [InlineData("list", "secrets")]
    [InlineData("list", "pods")]
    [InlineData("list", "namespaces")]
    [InlineData("list", "deployments")]
    [InlineData("get", "leases")]
    public async Task A_right_that_is_missing_is_told_with_how_to_get_it(string verb, string plural)
    {
        (await StartAsync()).Inject(s_forbidden, c => c.Verb == verb && c.Resource == plural);

        var problem = (await ProblemAsync()).ShouldNotBeNull();

        problem.ShouldStartWith($"the operator may not read {plural} (");
        problem.ShouldContain("install its roles with `kubectl apply --server-side -k config/default`, or the chart's `rbac.create`");
        problem.ShouldNotContain('\n');
    }

    [Fact]
    public async Task An_operator_of_some_namespaces_needs_no_right_beyond_them()
    {
        var server = await StartAsync();
        server.Inject(s_forbidden, c => c.Namespace.Length == 0, times: int.MaxValue);

        (await ProblemAsync(_cluster.Namespace)).ShouldBeNull();
    }

    [Fact]
    public async Task The_operator_says_what_is_missing_in_one_line_and_ends_with_1()
    {
        var server = await StartAsync();
        server.Version = Version("31", "v1.31.9");
        var log = new LinesOfLog();

        var folder = Directory.CreateTempSubdirectory("preflight");
        try
        {
            var file = Path.Combine(folder.FullName, "config");
            await File.WriteAllTextAsync(
                file,
                $$"""
                clusters: [{name: c, cluster: {server: "{{server.Url}}"} }]
                users: [{name: u, user: {} }]
                contexts: [{name: x, context: {cluster: c, user: u} }]
                current-context: x
                """,
                Cancellation);
            var anyPort = new IPEndPoint(IPAddress.Loopback, 0);
            var options = new RunOptions
            {
                KubeConfig = file, GatewayImage = "g:1", Name = "test", Health = new() { Metrics = anyPort, Health = anyPort },
            };

            (await new OperatorRun(options, TimeProvider.System, () => 0, _ => null, log.Factory).RunAsync(Cancellation)).ShouldBe(1);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        log.Lines.ShouldBe(["the API server is too old (v1.31.9): upgrade the cluster to Kubernetes 1.32 or later"]);
    }

    [Fact]
    public void The_chart_asks_for_the_same_release()
    {
        var chart = Path.Combine(GoldenFile.RepositoryRoot, "charts", "llm-gateway-operator", "Chart.yaml");

        var json = YamlManifests.Parse(File.ReadAllText(chart)).Documents.Single().Json!;

        ((string)json["kubeVersion"]!).ShouldBe($">={Preflight.OldestRelease}.0-0");
    }

    private async Task<FakeApiServer> StartAsync()
    {
        _cluster = await TestCluster.StartAsync("double");
        return _cluster.Double!;
    }

    private Task<string?> ProblemAsync(params ImmutableArray<string> namespaces) =>
        new Preflight(_cluster.Client, namespaces).ProblemAsync(_cluster.Key("lease"), Cancellation);

    private static JsonObject Version(string minor, string full) => new() { ["major"] = "1", ["minor"] = minor, ["gitVersion"] = full };

    /// <summary>What is logged, as text.</summary>
    private sealed class LinesOfLog : ILoggerProvider, ILogger
    {
        public LinesOfLog() => Factory = LoggerFactory.Create(logging => logging.AddProvider(this));

        public ILoggerFactory Factory { get; }

        public List<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));

        /// <summary>Nothing to end.</summary>
        public void Dispose()
        {
        }
    }
}
