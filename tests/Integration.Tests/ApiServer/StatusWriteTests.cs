using System.Text.Json.Nodes;
using Operator;
using Operator.Api;
using Operator.Kubernetes;
using Operator.Status;
using Support.ApiServer;

namespace Integration.Tests.ApiServer;

/// <summary>What a real API server and the double make of a write to the status of one of our objects.</summary>
public sealed class StatusWriteTests(CrdServer server) : IClassFixture<CrdServer>
{
    private static readonly PatchOptions s_status = new() { FieldManager = "us", Subresource = "status" };

    public static TheoryData<string> Servers => ["double", "real"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Servers))]
    public async Task The_server_has_the_new_status_and_nothing_else_has_changed(string which)
    {
        await using var session = await SessionAsync(which);
        var made = await session.CreateAsync();

        var first = await session.WriteAsync(made, new() { Spent = "1", Period = new() { StartTime = made.Metadata.CreationTimestamp } });
        var time = new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
        var wanted = new BudgetStatus
        {
            Remaining = "9",
            UsageObservedTime = time.AddTicks(1234567),
            Conditions = [new() { Type = "Ready", Status = ConditionStatus.Unknown, Reason = "x", Message = "", LastTransitionTime = time }],
        };
        var second = await session.WriteAsync(first.Value!, wanted);

        first.Failure.ShouldBeNull();
        first.Value!.Status!.Spent.ShouldBe("1");
        second.Failure.ShouldBeNull();
        StatusEquality.Same(second.Value!.Status, wanted).ShouldBeTrue();
        second.Value.Metadata.Generation.ShouldBe(made.Metadata.Generation);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task An_object_made_anew_under_the_same_name_does_not_take_the_status_of_the_one_before(string which)
    {
        await using var session = await SessionAsync(which);
        var made = await session.CreateAsync();
        await session.Client.DeleteAsync(ResourceTypes.Budgets, session.Key, new(), Cancellation);
        await session.CreateAsync();

        var outcome = await session.WriteAsync(made, new() { Spent = "1" });

        outcome.FailedBy(ApiFailureReason.Conflict).ShouldBeTrue();
        (await session.ReadAsync()).Status.ShouldBeNull();
    }

    /// <summary>Why the patch is for a resourceVersion.</summary>
    [Theory, MemberData(nameof(Servers))]
    public async Task A_uid_is_passed_over_in_a_status_and_refused_elsewhere(string which)
    {
        await using var session = await SessionAsync(which);
        await session.CreateAsync();
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["uid"] = "another" }, ["status"] = new JsonObject { ["spent"] = "1" } };

        var status = await session.Client.PatchAsync(ResourceTypes.Budgets, session.Key, patch, s_status, Cancellation);
        var whole = await session.Client.PatchAsync(ResourceTypes.Budgets, session.Key, patch, new() { FieldManager = "us" }, Cancellation);

        status.Value!.Status!.Spent.ShouldBe("1");
        status.Value.Metadata.Uid.ShouldNotBe("another");
        whole.FailedBy(ApiFailureReason.Invalid).ShouldBeTrue();
    }

    private async Task<Session> SessionAsync(string which)
    {
        if (which == "real")
        {
            var config = new KubeConfig(name => name == "KUBECONFIG" ? server.Server.KubeConfig : null, TimeProvider.System).Load();
            return new(config.Access!, null, await server.NamespaceAsync());
        }

        var @double = await FakeApiServer.StartAsync();
        @double.CreateNamespace("test");
        return new(new() { Server = @double.Url }, @double, "test");
    }

    private sealed class Session : IAsyncDisposable
    {
        private static readonly Backoff s_backoff = new(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(20), () => 0);

        private readonly ApiConnection _connection;
        private readonly FakeApiServer? _double;

        public Session(ClusterAccess access, FakeApiServer? @double, string ns)
        {
            _double = @double;
            _connection = new(access, new() { Backoff = s_backoff }, TimeProvider.System);
            Client = new(_connection, TimeProvider.System);
            Key = new(ns, "b");
        }

        public KubernetesClient Client { get; }

        public ObjectKey Key { get; }

        public async Task<Budget> CreateAsync() => (await Client.CreateAsync(ResourceTypes.Budgets, New(), Cancellation)).Value.ShouldNotBeNull();

        public async Task<Budget> ReadAsync() => (await Client.GetAsync(ResourceTypes.Budgets, Key, Cancellation)).Value.ShouldNotBeNull();

        public Task<ApiOutcome<Budget>> WriteAsync(Budget before, BudgetStatus status) =>
            Client.PatchAsync(ResourceTypes.Budgets, Key, StatusPatch.Between(before, status), s_status, Cancellation);

        public async ValueTask DisposeAsync()
        {
            _connection.Dispose();
            if (_double is not null)
                await _double.DisposeAsync();
        }

        private Budget New() => new()
        {
            Metadata = new() { Name = Key.Name, Namespace = Key.Namespace },
            Spec = new()
            {
                GatewayRef = new() { Name = "main" },
                Scope = new() { Gateway = new() },
                Limit = new() { Tokens = 10 },
                Period = global::Gateway.Contract.BudgetPeriod.Daily,
            },
        };
    }
}
