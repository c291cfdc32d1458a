using System.Text.Json.Nodes;
using Operator.Api;
using Operator.Kubernetes;
using Operator.Tests.Push;
using Support;
using Support.ApiServer;

namespace Operator.Tests.Kubernetes;

/// <summary>What the client does when the server does not do as it should.</summary>
public sealed class FaultTests : IAsyncLifetime
{
    private readonly FakeClock _clock = new();
    private TestCluster _cluster = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private FakeApiServer Server => _cluster.Double!;

    public async ValueTask InitializeAsync() => _cluster = await TestCluster.StartAsync("double", _clock);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Theory]
    [InlineData(429, "TooManyRequests", "create")]
    [InlineData(429, "TooManyRequests", "get")]
    [InlineData(503, "ServiceUnavailable", "create")]
    public async Task A_pause_that_the_server_asks_for_is_kept_whatever_the_verb(int status, string reason, string verb)
    {
        Server.Inject(new ApiFault.Answer(status, reason, TimeSpan.FromSeconds(7)), c => c.Verb == verb && c.Resource == "secrets");

        var call = verb == "create" ? CreateAsync() : GetAsync("none");
        await Poll.UntilAsync(() => _clock.Waits.Contains(TimeSpan.FromSeconds(7)));
        _clock.Advance(TimeSpan.FromSeconds(6.9));
        Count(verb).ShouldBe(1);
        _clock.Advance(TimeSpan.FromSeconds(0.1));

        var outcome = await call;
        Count(verb).ShouldBe(2);
        if (verb == "create")
            outcome.IsSuccess.ShouldBeTrue();
        else
            outcome.ShouldFailBy(ApiFailureReason.NotFound);
    }

    [Fact]
    public async Task A_pause_that_is_too_long_is_left_to_the_caller()
    {
        Server.Inject(new ApiFault.Answer(429, "TooManyRequests", TimeSpan.FromMinutes(5)), c => c.Verb == "create");

        var failure = (await CreateAsync()).ShouldFailBy(ApiFailureReason.TooManyRequests);

        failure.RetryAfter.ShouldBe(TimeSpan.FromMinutes(5));
        Count("create").ShouldBe(1);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task A_read_is_repeated_after_a_5xx_but_a_create_is_not(int status)
    {
        using var ticking = Ticking();
        await CreateAsync();
        Server.Inject(new ApiFault.Answer(status), c => c.Verb == "get", times: 3);
        Server.Inject(new ApiFault.Answer(status), c => c.Verb == "create");

        (await GetAsync("a")).IsSuccess.ShouldBeTrue();
        (await CreateAsync()).ShouldFailBy(ApiFailureReason.ServerError).Code.ShouldBe(status);
        Count("get").ShouldBe(4);
        Count("create").ShouldBe(2);
    }

    [Fact]
    public async Task A_server_that_stays_broken_is_told_after_five_attempts()
    {
        using var ticking = Ticking();
        Server.Inject(new ApiFault.Answer(500), c => c.Verb == "get", times: 100);

        (await GetAsync("a")).ShouldFailBy(ApiFailureReason.ServerError);

        Count("get").ShouldBe(TestCluster.Options.MaxAttempts);
    }

    [Fact]
    public async Task A_create_whose_answer_is_lost_is_not_repeated_and_is_done()
    {
        Server.Inject(new ApiFault.LostAnswer(), c => c.Verb == "create");

        (await CreateAsync()).ShouldFailBy(ApiFailureReason.Unreachable);

        Count("create").ShouldBe(1);
        Server.Find("secrets", _cluster.Namespace, "a").ShouldNotBeNull();
    }

    [Fact]
    public async Task An_apply_whose_answer_is_lost_is_repeated()
    {
        using var ticking = Ticking();
        Server.Inject(new ApiFault.LostAnswer(), c => c.IsApply);
        var body = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject { ["name"] = "a", ["namespace"] = _cluster.Namespace },
        };

        var outcome = await _cluster.Client.ApplyAsync(ResourceTypes.Secrets, body, new() { FieldManager = "us" }, Cancellation);

        outcome.IsSuccess.ShouldBeTrue();
        Count("patch").ShouldBe(2);
    }

    [Fact]
    public async Task A_server_that_never_answers_times_out()
    {
        Server.Inject(new ApiFault.Silence(), c => c.Verb == "create");

        var call = CreateAsync();
        await Poll.UntilAsync(() => Count("create") == 1);
        _clock.Advance(TestCluster.Options.Timeout);

        (await call).ShouldFailBy(ApiFailureReason.TimedOut);
    }

    [Fact]
    public async Task A_caller_that_gives_up_is_not_told_of_a_failure_but_cancelled()
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        Server.Inject(new ApiFault.Silence(), c => c.Verb == "get");

        var call = _cluster.Client.GetAsync(ResourceTypes.Secrets, _cluster.Key("a"), giveUp.Token);
        await Poll.UntilAsync(() => Count("get") == 1);
        await giveUp.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(call);
    }

    [Fact]
    public async Task A_server_that_is_gone_is_unreachable_and_found_again()
    {
        using var ticking = Ticking();
        await CreateAsync();
        Server.IsDown = true;

        (await GetAsync("a")).ShouldFailBy(ApiFailureReason.Unreachable);
        Server.Heal();
        (await GetAsync("a")).IsSuccess.ShouldBeTrue();
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>")]
    [InlineData("[]")]
    [InlineData("""{"apiVersion":"v1","kind":"Secret"}""")]
    [InlineData("""{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"},"data":7}""")]
    public async Task An_answer_that_makes_no_sense_is_a_failure(string body)
    {
        Server.Inject(new ApiFault.Body(body), c => c.Verb is "get" or "list", times: 2);

        (await GetAsync("a")).ShouldFailBy(ApiFailureReason.Unreadable);
        (await ListAsync()).ShouldFailBy(ApiFailureReason.Unreadable);
    }

    [Fact]
    public async Task An_answer_that_is_cut_at_any_byte_of_it_is_no_answer()
    {
        using var ticking = Ticking();
        await CreateAsync();
        for (var bytes = 0; bytes < 400; bytes += 7)
        {
            Server.Inject(new ApiFault.CutAfter(bytes), c => c.Verb == "get");
            (await GetAsync("a")).IsSuccess.ShouldBeTrue();
        }
    }

    [Fact]
    public async Task A_list_that_expires_between_two_pages_is_listed_in_one_piece()
    {
        for (var i = 0; i < 5; i++)
            await _cluster.CreateSecretAsync($"s-{i}");
        Server.Inject(new ApiFault.Answer(410, "Expired"), c => c.Query.ContainsKey("continue"));

        var list = (await ListAsync(pageSize: 2)).Value.ShouldNotBeNull();

        list.Items.Select(i => i.Metadata.Name).ShouldBe(["s-0", "s-1", "s-2", "s-3", "s-4"]);
        Server.Calls.Last(c => c.Verb == "list").Query.ShouldNotContainKey("limit");
    }

    [Fact]
    public async Task One_object_that_cannot_be_read_hides_no_other()
    {
        await _cluster.CreateSecretAsync("a");
        await _cluster.CreateSecretAsync("c");
        Server.Create("secrets", _cluster.Namespace, new() { ["metadata"] = new JsonObject { ["name"] = "b" }, ["data"] = 7 });

        var list = (await ListAsync()).Value.ShouldNotBeNull();

        list.Items.Select(i => i.Metadata.Name).ShouldBe(["a", "c"]);
        var problem = list.Unreadable.ShouldHaveSingleItem();
        problem.Key.ShouldBe(_cluster.Key("b"));
        problem.Problem.ShouldNotBeEmpty();
    }

    /// <summary>A field of any content, as the template of pods, may be nested as deep as a user likes.</summary>
    [Fact]
    public async Task One_object_that_is_nested_too_deep_hides_no_other()
    {
        await _cluster.CreateSecretAsync("a");
        Server.Create("secrets", _cluster.Namespace, new() { ["metadata"] = new JsonObject { ["name"] = "deep" }, ["any"] = Nested(100) });

        var list = (await ListAsync()).Value.ShouldNotBeNull();

        list.Items.Select(i => i.Metadata.Name).ShouldBe(["a"]);
        list.Unreadable.ShouldHaveSingleItem().Key.ShouldBe(_cluster.Key("deep"));
    }

    [Fact]
    public void The_causes_of_an_invalid_object_are_told_by_field()
    {
        const string Status =
            """
            {"kind":"Status","code":422,"reason":"Invalid","message":"no",
             "details":{"name":"a","causes":[{"field":"spec.replicas","reason":"FieldValueInvalid","message":"too many"}]}}
            """;
        using var response = new HttpResponseMessage(System.Net.HttpStatusCode.UnprocessableEntity);

        var failure = ApiStatus.Failure(response, System.Text.Encoding.UTF8.GetBytes(Status), _clock.GetUtcNow());

        failure.Reason.ShouldBe(ApiFailureReason.Invalid);
        failure.Causes.ShouldBe([new ApiFailureCause("spec.replicas", "FieldValueInvalid", "too many")]);
    }

    private static JsonObject Nested(int depth) =>
        Enumerable.Range(0, depth).Aggregate(new JsonObject(), (inner, _) => new() { ["a"] = inner });

    private Task<ApiOutcome<Secret>> CreateAsync() =>
        _cluster.Client.CreateAsync(ResourceTypes.Secrets, _cluster.Secret("a"), Cancellation);

    private Task<ApiOutcome<Secret>> GetAsync(string name) =>
        _cluster.Client.GetAsync(ResourceTypes.Secrets, _cluster.Key(name), Cancellation);

    private Task<ApiOutcome<ObjectList<Secret>>> ListAsync(int pageSize = 500) => _cluster.Client.ListAsync(
        ResourceTypes.Secrets, new() { Namespace = _cluster.Namespace, PageSize = pageSize }, Cancellation);

    private int Count(string verb) => Server.Calls.Count(c => c.Verb == verb && c.Resource == "secrets");

    /// <summary>Short pauses pass by themselves; time-outs do not.</summary>
    private Ticker Ticking() => new(_clock);

    private sealed class Ticker : IDisposable
    {
        private readonly Timer _timer;

        public Ticker(FakeClock clock) =>
            _timer = new(
                _ =>
                {
                    if (clock.Waits.Any(w => w <= TimeSpan.FromMilliseconds(20)))
                        clock.Advance(TimeSpan.FromMilliseconds(20));
                },
                null,
                TimeSpan.Zero,
                TimeSpan.FromMilliseconds(2));

        public void Dispose() => _timer.Dispose();
    }
}
