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

    [Fact]
    public async Task All_rights_that_are_missing_are_told_in_one_line_with_how_to_get_them()
    {
        (await StartAsync()).Denies = a => (string?)a["verb"] switch
        {
            "patch" => (string?)a["resource"] is "deployments" or "services" or "leases" || (string?)a["subresource"] == "status",
            "create" => (string?)a["resource"] is "deployments" or "services",
            "list" => (string?)a["resource"] == "namespaces",
            _ => false,
        };

        (await ProblemAsync()).ShouldBe(
            "the operator may not patch llmgateways.llmgateway.dev/status, modelroutes.llmgateway.dev/status, "
            + "virtualkeys.llmgateway.dev/status, budgets.llmgateway.dev/status; create, patch services, deployments.apps; "
            + $"list namespaces; patch leases.coordination.k8s.io in {_cluster.Namespace}: install its roles with "
            + "`kubectl apply --server-side -k config/default`, or the chart's `rbac.create`");
    }

    [Fact]
    public async Task A_right_that_is_missing_in_one_of_the_watched_namespaces_is_told_with_its_name()
    {
        (await StartAsync()).Denies = a => (string?)a["resource"] == "secrets" && (string?)a["namespace"] == "blue";

        (await ProblemAsync(given: null, "red", "blue")).ShouldBe(
            "the operator may not create, get, list, patch, watch secrets in blue: install its roles with "
            + "`kubectl apply --server-side -k config/namespaced`, or the chart's `rbac.create`");
    }

    [Fact]
    public async Task An_operator_of_some_namespaces_needs_no_right_beyond_them()
    {
        var server = await StartAsync();
        server.Inject(s_forbidden, c => c.Namespace.Length == 0 && c.Verb == "list", times: int.MaxValue);
        server.Denies = a => (string?)a["namespace"] == "" || (string?)a["resource"] == "namespaces";

        (await ProblemAsync(given: null, _cluster.Namespace)).ShouldBeNull();
    }

    [Fact]
    public async Task Of_the_ConfigMap_with_a_first_gateway_it_asks_for_that_one_alone()
    {
        (await StartAsync()).Denies = a => (string?)a["resource"] == "configmaps" && (string?)a["name"] != "first";

        (await ProblemAsync(given: "first")).ShouldBeNull();
        (await ProblemAsync(given: "second")).ShouldNotBeNull()
            .ShouldStartWith($"the operator may not get configmaps second in {_cluster.Namespace}: ");
    }

    [Fact]
    public async Task An_operator_that_leads_without_a_lease_needs_no_right_to_one()
    {
        (await StartAsync()).Denies = a => (string?)a["resource"] == "leases";

        (await new Preflight(_cluster.Client, []).ProblemAsync(lease: null, given: null, Cancellation)).ShouldBeNull();
    }

    /// <summary>A cluster without them runs gateways all the same.</summary>
    [Fact]
    public async Task Rights_to_kinds_that_a_cluster_may_lack_are_not_asked_for()
    {
        (await StartAsync()).Denies = a => (string?)a["resource"] is "httproutes" or "podmonitors";

        (await ProblemAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task Where_nobody_may_ask_for_rights_it_goes_on_without_an_answer()
    {
        var server = await StartAsync();
        server.Denies = _ => true;
        server.Inject(s_forbidden, c => c.Resource == "selfsubjectaccessreviews", times: int.MaxValue);

        (await ProblemAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task An_API_server_that_fails_while_rights_are_asked_for_is_told_as_such()
    {
        var server = await StartAsync();
        server.Inject(new ApiFault.Answer(401, "Unauthorized"), c => c.Resource == "selfsubjectaccessreviews", times: int.MaxValue);

        (await ProblemAsync()).ShouldBe(
            "the API server does not take the credentials of the operator: look at its service account or kubeconfig");
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

    private Task<string?> ProblemAsync(string? given = null, params ImmutableArray<string> namespaces) =>
        new Preflight(_cluster.Client, namespaces).ProblemAsync(_cluster.Key("lease"), given is null ? null : _cluster.Key(given), Cancellation);

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
