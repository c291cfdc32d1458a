using Operator.Push;

namespace Operator.Tests.Push;

public sealed class AdminClientTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Push_GatewayTakesIt_IsAcknowledged()
    {
        await using var gateway = await FakeGateway.StartAsync();
        using var client = new AdminClient(() => gateway.Access, s_long, TimeProvider.System);
        var config = Configs.Revision(7);

        var outcome = await client.PushAsync(gateway.Pod, config, Cancellation);

        outcome.ShouldBe(new PushOutcome.Acknowledged(7, config.Hash));
        var (status, _) = await client.StatusAsync(gateway.Pod, Cancellation);
        status!.Revision.ShouldBe(7);
        status.Hash.ShouldBe(config.Hash);
    }

    [Fact]
    public async Task Push_GatewayHoldsAHigherRevision_IsOlder()
    {
        await using var gateway = await FakeGateway.StartAsync();
        using var client = new AdminClient(() => gateway.Access, s_long, TimeProvider.System);
        await client.PushAsync(gateway.Pod, Configs.Revision(9), Cancellation);

        (await client.PushAsync(gateway.Pod, Configs.Revision(7), Cancellation)).ShouldBeOfType<PushOutcome.Older>().Revision.ShouldBe(9);
    }

    [Theory]
    [InlineData(409, """{"revision":12,"hash":"abc","uid":"uid-1"}""", typeof(PushOutcome.Older), true)]
    [InlineData(409, """{"revision":12,"hash":"abc","uid":"uid-2"}""", typeof(PushOutcome.OtherGateway), true)]
    [InlineData(422, """{"errors":[{"kind":"ModelRoute","namespace":"a","name":"b","message":"no"}]}""", typeof(PushOutcome.Rejected), true)]
    [InlineData(415, """{"errors":[{"message":"schema 2"}]}""", typeof(PushOutcome.UnknownSchema), true)]
    [InlineData(400, """{"errors":[{"message":"no"}]}""", typeof(PushOutcome.Malformed), true)]
    [InlineData(413, "", typeof(PushOutcome.Malformed), true)]
    [InlineData(200, "<html>", typeof(PushOutcome.Malformed), true)]
    [InlineData(200, """{"revision":3,"hash":"abc"}""", typeof(PushOutcome.Malformed), true)]
    [InlineData(302, "", typeof(PushOutcome.Malformed), true)]
    [InlineData(400, """{"errors":[null]}""", typeof(PushOutcome.Malformed), true)]
    [InlineData(422, """{"errors":[null]}""", typeof(PushOutcome.Malformed), true)]
    [InlineData(409, """{"revision":9223372036854775807,"hash":"abc","uid":"uid-1"}""", typeof(PushOutcome.Malformed), true)]
    [InlineData(409, """{"revision":-1,"hash":"abc","uid":"uid-1"}""", typeof(PushOutcome.Malformed), true)]
    [InlineData(401, "", typeof(PushOutcome.Unauthorized), false)]
    [InlineData(503, "", typeof(PushOutcome.Unreachable), false)]
    public async Task Push_Reply_BecomesAValue(int status, string body, Type outcome, bool isVerdict)
    {
        await using var gateway = await FakeGateway.StartAsync();
        using var client = new AdminClient(() => gateway.Access, s_long, TimeProvider.System);
        gateway.Answer = (status, body);

        var got = await client.PushAsync(gateway.Pod, Configs.Revision(7), Cancellation);

        got.ShouldBeOfType(outcome);
        got.IsVerdict.ShouldBe(isVerdict);
    }

    [Fact]
    public async Task Push_Rejected_NamesEveryError()
    {
        await using var gateway = await FakeGateway.StartAsync();
        using var client = new AdminClient(() => gateway.Access, s_long, TimeProvider.System);
        gateway.Answer = (422, """{"errors":[{"kind":"ModelRoute","namespace":"a","name":"b","field":"model","message":"x"},{"message":"y"}]}""");

        var rejected = (await client.PushAsync(gateway.Pod, Configs.Revision(7), Cancellation)).ShouldBeOfType<PushOutcome.Rejected>();

        rejected.Errors.Select(e => (e.Kind, e.Field, e.Message)).ShouldBe([("ModelRoute", "model", "x"), ("", "", "y")]);
    }

    [Theory]
    [InlineData("""{"schemaVersions":[1],"uid":"u","revision":1,"hash":"h","ready":true,"budgets":[null]}""")]
    [InlineData("""{"schemaVersions":[1],"uid":"u","revision":1,"hash":"h","ready":true,"stores":[null]}""")]
    [InlineData("""
        {"schemaVersions":[1],"uid":"u","revision":1,"hash":"h","ready":true,
        "budgets":[{"budget":"a/b","limit":1,"settled":79228162514264337593543950335,"reserved":0}]}
        """)]
    [InlineData("""
        {"schemaVersions":[1],"uid":"u","revision":1,"hash":"h","ready":true,
        "budgets":[{"budget":"a/b","limit":1,"settled":0,"reserved":0,"periodStart":"0001-01-01T00:00:00Z"}]}
        """)]
    public async Task Status_ThatCannotBe_IsMalformed(string body)
    {
        await using var gateway = await FakeGateway.StartAsync();
        using var client = new AdminClient(() => gateway.Access, s_long, TimeProvider.System);
        gateway.StatusAnswer = body;

        (await client.StatusAsync(gateway.Pod, Cancellation)).Failure.ShouldBeOfType<PushOutcome.Malformed>();
    }

    [Fact]
    public async Task Push_CertificateIsNotPinned_IsUnreachableAndSendsNothing()
    {
        await using var gateway = await FakeGateway.StartAsync();
        var foreign = AdminCertificate.Issue("main", DateTimeOffset.UtcNow);
        using var client = new AdminClient(() => gateway.Access with { Pins = [foreign.Pin] }, s_long, TimeProvider.System);

        (await client.PushAsync(gateway.Pod, Configs.Revision(7), Cancellation)).ShouldBeOfType<PushOutcome.Unreachable>();
        gateway.Pushed.ShouldBeEmpty();
    }

    [Fact]
    public async Task Push_WhileBothRotate_SecondPinAndSecondTokenAreValid()
    {
        await using var gateway = await FakeGateway.StartAsync();
        var next = AdminCertificate.Issue("main", DateTimeOffset.UtcNow);
        var access = new AdminAccess { Tokens = ["next", FakeGateway.Token], Pins = [next.Pin, gateway.Certificate.Pin] };
        using var client = new AdminClient(() => access, s_long, TimeProvider.System);

        (await client.PushAsync(gateway.Pod, Configs.Revision(7), Cancellation)).ShouldBeOfType<PushOutcome.Acknowledged>();
    }

    [Fact]
    public async Task Push_NoAnswer_IsUnreachableAfterTheTimeout()
    {
        await using var gateway = await FakeGateway.StartAsync();
        var release = new TaskCompletionSource();
        gateway.BeforePush = () => release.Task;
        using var client = new AdminClient(() => gateway.Access, TimeSpan.FromSeconds(0.2), TimeProvider.System);

        (await client.PushAsync(gateway.Pod, Configs.Revision(7), Cancellation)).ShouldBeOfType<PushOutcome.Unreachable>();
        release.SetResult();
    }

    [Fact]
    public async Task Push_NobodyListens_IsUnreachable()
    {
        var gateway = await FakeGateway.StartAsync();
        var pod = gateway.Pod;
        await gateway.DisposeAsync();
        using var client = new AdminClient(() => gateway.Access, s_long, TimeProvider.System);

        (await client.PushAsync(pod, Configs.Revision(7), Cancellation)).ShouldBeOfType<PushOutcome.Unreachable>();
    }
}
