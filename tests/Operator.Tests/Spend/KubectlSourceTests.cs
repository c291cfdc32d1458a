using Operator.Push;
using Operator.Spend;
using Operator.Tests.Push;
using Support;

namespace Operator.Tests.Spend;

public sealed class KubectlSourceTests : IDisposable
{
    private const string Report =
        """
        {"start_date":"2026-05-01T00:00:00Z","end_date":"2026-05-14T00:00:00Z","results":[
        {"key":"team/demo","spend":1.5,"currency":"USD","requests":1,"failed_requests":0,"refused_requests":0,
         "prompt_tokens":1,"cached_tokens":0,"completion_tokens":1,"total_tokens":2}],
        "total":{"spend":1.5,"currency":"USD","requests":1,"failed_requests":0,"refused_requests":0,
         "prompt_tokens":1,"cached_tokens":0,"completion_tokens":1,"total_tokens":2}}
        """;

    private readonly FakeKubectl _kubectl = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose() => _kubectl.Dispose();

    [Fact]
    public async Task The_spend_comes_through_a_tunnel_to_a_ready_pod_which_is_closed_afterwards()
    {
        await using var gateway = await ServeAsync("main");
        var asked = "";
        gateway.Report = query =>
        {
            asked = query;
            return (200, Report);
        };

        (await RunAsync(new() { Namespace = "team", GroupBy = "key" })).ShouldBe(0, _error.ToString());

        asked.ShouldBe("?start_date=2026-05-01&group_by=key");
        _output.ToString().ShouldStartWith("KEY ");
        _output.ToString().ShouldContain("team/demo   1 ");
        _kubectl.Calls.ShouldBe(
        [
            "--context mine get llmgateways.llmgateway.dev --output=json --namespace team",
            "--context mine get pods --output=json --selector "
                + "app.kubernetes.io/instance=main,app.kubernetes.io/managed-by=llmgateway.dev,app.kubernetes.io/name=llm-gateway --namespace team",
            "--context mine get secret main-admin --output=json --namespace team",
            "--context mine port-forward pod/main-new :4001 --address 127.0.0.1 --namespace team",
        ]);
        Directory.Exists($"/proc/{_kubectl.TunnelId}").ShouldBeFalse();
    }

    [Fact]
    public async Task Of_several_gateways_those_that_answer_are_shown_and_the_exit_code_tells_of_the_others()
    {
        await using var gateway = await ServeAsync("main", "second");
        gateway.Report = _ => (200, Report);
        _kubectl.Refuse("get secret second-admin", "Error from server (Forbidden): secrets \"second-admin\" is forbidden\n");

        (await RunAsync(new() { AllNamespaces = true })).ShouldBe(1);

        _kubectl.Calls[0].ShouldEndWith("--output=json --all-namespaces");
        _output.ToString().ShouldContain("team/demo   1 ");
        _error.ToString().ShouldStartWith("team/second: kubectl: Error from server (Forbidden): secrets \"second-admin\" is forbidden\n");
    }

    [Fact]
    public async Task A_chosen_gateway_is_asked_alone()
    {
        await using var gateway = await ServeAsync("main", "second");
        gateway.Report = _ => (200, Report);

        (await RunAsync(new() { Gateway = "second" })).ShouldBe(0, _error.ToString());

        _kubectl.Calls.ShouldNotContain(c => c.Contains("pod/main"));
        _kubectl.Calls.ShouldContain(c => c.Contains("pod/second-new"));
    }

    [Fact]
    public async Task A_stranger_at_the_other_end_of_the_tunnel_gets_no_token()
    {
        await using var gateway = await ServeAsync("main");
        gateway.Use(AdminCertificate.Issue("main", DateTimeOffset.UtcNow), [FakeGateway.Token]);
        var isAsked = false;
        gateway.Report = _ =>
        {
            isAsked = true;
            return (200, Report);
        };

        (await RunAsync(new())).ShouldBe(1);

        isAsked.ShouldBeFalse();
        Said().ShouldStartWith("main-new: ");
    }

    [Fact]
    public async Task What_the_gateway_says_of_the_question_is_told()
    {
        await using var gateway = await ServeAsync("main");
        gateway.Report = _ => (400, """{"error":{"message":"`group_by` must be hour, day, …"}}""");
        (await RunAsync(new())).ShouldBe(1);
        Said().ShouldBe("main-new: `group_by` must be hour, day, …");

        gateway.Report = _ => (503, """{"error":{"message":"Other reports are being made. Try again in a moment."}}""");
        (await RunAsync(new())).ShouldBe(1);
        Said().ShouldBe("main-new: Other reports are being made. Try again in a moment.");
    }

    [Theory]
    [InlineData("get llmgateways", "E1121 10:00:00 memcache.go:265] no\nThe connection to the server localhost:8080 was refused\n\n",
        "kubectl: The connection to the server localhost:8080 was refused")]
    [InlineData("port-forward", "error: error upgrading connection: pods \"main-new\" is forbidden\n",
        "kubectl: error: error upgrading connection: pods \"main-new\" is forbidden")]
    public async Task What_kubectl_complains_of_is_one_line(string call, string complaint, string said)
    {
        await using var gateway = await ServeAsync("main");
        _kubectl.Refuse(call, complaint);

        (await RunAsync(new())).ShouldBe(1);

        Said().ShouldBe(said);
        _output.ToString().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_namespace_without_a_gateway_says_where_else_to_look()
    {
        (await RunAsync(new() { Namespace = "team" })).ShouldBe(1);

        Said().ShouldBe("there is no LlmGateway in the namespace team: name another namespace with -n, or all of them with -A");
    }

    private async Task<FakeGateway> ServeAsync(params string[] gateways)
    {
        var gateway = await FakeGateway.StartAsync();
        _kubectl.Serve(gateway.Certificate, gateway.Pod.Address, gateways);
        return gateway;
    }

    private Task<int> RunAsync(SpendOptions options)
    {
        var source = new KubectlSource(_kubectl.Program, options.Namespace, options.AllNamespaces);
        var clock = new FakeClock(new DateTimeOffset(2026, 5, 13, 14, 0, 0, TimeSpan.Zero));
        return new SpendRun(options, source, _output, _error, clock).RunAsync(TestContext.Current.CancellationToken);
    }

    private string Said()
    {
        var said = _error.ToString().TrimEnd('\n');
        _error.GetStringBuilder().Clear();
        return said;
    }
}
