using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Gateway.Contract;
using Gateway.Server.Hosting;
using Support;

namespace Gateway.Tests.Hosting;

/// <summary>Who may talk to the admin port and what about, while its certificate and its tokens change.</summary>
public sealed class AdminPortTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("admin-");
    private readonly ManualTimeProvider _time = new(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private string TokenFile => Path.Combine(_folder.FullName, "token");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task PinnedCertificate_IsServedOverTls()
    {
        var certificate = new TestCertificate();
        await using var gateway = await StartAsync(certificate, certificate.Pin);

        gateway.Addresses.Admin.ShouldStartWith("https://");
        (await StatusOfAsync(gateway)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task ClientWithAnotherPin_DoesNotConnect()
    {
        await using var gateway = await StartAsync(new(), new TestCertificate().Pin);

        await Should.ThrowAsync<HttpRequestException>(() => StatusOfAsync(gateway));
    }

    [Fact]
    public async Task RotatedCertificate_IsTakenWithoutARestart()
    {
        var next = new TestCertificate();
        await using var gateway = await StartAsync(new(), next.Pin);

        next.WriteTo(_folder);
        _time.Advance(TimeSpan.FromSeconds(1));

        (await StatusOfAsync(gateway)).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("tls.crt", "no certificate")]
    [InlineData("tls.key", "no key")]
    [InlineData("tls.key", "another's key")]
    [InlineData("tls.crt", null)]
    public async Task DamagedOrMissingFile_KeepsTheFormerCertificateUntilThereIsAGoodOne(string file, string? content)
    {
        var (first, next) = (new TestCertificate(), new TestCertificate());
        await using var gateway = await StartAsync(first, first.Pin, next.Pin);

        if (content is null)
            File.Delete(Path.Combine(_folder.FullName, file));
        else
            await File.WriteAllTextAsync(
                Path.Combine(_folder.FullName, file),
                content == "another's key" ? new TestCertificate().KeyPem : content,
                TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(1));
        (await StatusOfAsync(gateway)).ShouldBe(HttpStatusCode.OK);

        next.WriteTo(_folder);
        _time.Advance(TimeSpan.FromSeconds(1));
        using var onlyNext = new HttpClient(TestCertificate.Pinning(next.Pin));
        using var reply = await onlyNext.GetAsync(gateway.Addresses.Admin + "/config/status", TestContext.Current.CancellationToken);
        reply.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("no such thing")]
    [InlineData("another's key")]
    public async Task DamagedCertificateAtTheStart_IsAnIOExceptionThatNamesTheFile(string how)
    {
        var files = new TestCertificate().WriteTo(_folder);
        if (how == "another's key")
        {
            await File.WriteAllTextAsync(files.Key, new TestCertificate().KeyPem, TestContext.Current.CancellationToken);
        }
        else
        {
            await File.WriteAllTextAsync(files.Certificate, how, TestContext.Current.CancellationToken);
        }

        var error = await Should.ThrowAsync<IOException>(
            () => HostedGateway.StartAsync(HostedGateway.Options(_folder) with { AdminCertificate = files }));

        error.Message.ShouldContain(files.Certificate);
    }

    [Fact]
    public async Task TwoTokens_AreBothValidAndARemovedOneIsNot()
    {
        await using var gateway = await StartAsync();
        (await StatusOfAsync(gateway, "Bearer admin-token")).ShouldBe(HttpStatusCode.OK);

        await File.WriteAllTextAsync(TokenFile, "admin-token\r\nnext-token\n", TestContext.Current.CancellationToken);
        (await StatusOfAsync(gateway, "Bearer admin-token")).ShouldBe(HttpStatusCode.OK);
        (await StatusOfAsync(gateway, "Bearer next-token")).ShouldBe(HttpStatusCode.OK);

        await File.WriteAllTextAsync(TokenFile, "next-token", TestContext.Current.CancellationToken);
        (await StatusOfAsync(gateway, "Bearer admin-token")).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusOfAsync(gateway, "Bearer next-token")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task TokenFileThatIsGone_LeavesTheLastTokensValid()
    {
        await using var gateway = await StartAsync();
        (await StatusOfAsync(gateway)).ShouldBe(HttpStatusCode.OK);

        File.Delete(TokenFile);

        (await StatusOfAsync(gateway)).ShouldBe(HttpStatusCode.OK);
        (await StatusOfAsync(gateway, "Bearer other")).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Bearer other")]
    [InlineData("Bearer admin-token2")]
    [InlineData("Bearer admin-toke")]
    [InlineData("Bearer ADMIN-TOKEN")]
    [InlineData("Basic admin-token")]
    [InlineData("admin-token")]
    public async Task AnyOtherToken_Is401(string? authorization)
    {
        await using var gateway = await StartAsync();

        (await StatusOfAsync(gateway, authorization)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n  \r\n")]
    public async Task EmptyTokenFile_LetsNobodyIn(string content)
    {
        await File.WriteAllTextAsync(TokenFile, content, TestContext.Current.CancellationToken);
        await using var gateway = await StartAsync();

        (await StatusOfAsync(gateway, "Bearer ")).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusOfAsync(gateway, "Bearer admin-token")).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task RefusedPush_WithoutAToken_ChangesNothing()
    {
        await using var gateway = await StartAsync();

        using var reply = await gateway.PutAsync(Snapshot(), "other");

        reply.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        reply.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
        (await gateway.StatusAsync()).Revision.ShouldBe(0);
    }

    [Theory]
    [InlineData("GET", "/v1/models", HttpStatusCode.NotFound)]
    [InlineData("POST", "/v1/chat/completions", HttpStatusCode.NotFound)]
    [InlineData("GET", "/health/readiness", HttpStatusCode.NotFound)]
    [InlineData("GET", "/metrics", HttpStatusCode.NotFound)]
    [InlineData("GET", "/config", HttpStatusCode.MethodNotAllowed)]
    [InlineData("PUT", "/config/status", HttpStatusCode.MethodNotAllowed)]
    [InlineData("PUT", "/CONFIG", HttpStatusCode.NotFound)]
    public async Task AdminPort_HasNothingElse(string method, string path, HttpStatusCode expected)
    {
        await using var gateway = await StartAsync();

        using var reply = await gateway.SendAsync(new(method), gateway.Addresses.Admin + path);

        reply.StatusCode.ShouldBe(expected);
    }

    [Theory]
    [InlineData("PUT", "/config")]
    [InlineData("GET", "/config/status")]
    [InlineData("GET", "/metrics")]
    public async Task DataPort_HasNothingOfTheAdminPort(string method, string path)
    {
        await using var gateway = await StartAsync();

        using var reply = await gateway.SendAsync(
            new(method), gateway.Addresses.Data + path, method == "PUT" ? HostedGateway.Json(Snapshot()) : null);

        reply.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await gateway.StatusAsync()).Revision.ShouldBe(0);
    }

    [Theory]
    [InlineData("PUT", "/config", HttpStatusCode.NotFound)]
    [InlineData("GET", "/config/status", HttpStatusCode.NotFound)]
    [InlineData("GET", "/v1/models", HttpStatusCode.NotFound)]
    [InlineData("POST", "/metrics", HttpStatusCode.NotFound)]
    [InlineData("GET", "/metrics", HttpStatusCode.OK)]
    [InlineData("GET", "/health/liveliness", HttpStatusCode.OK)]
    [InlineData("GET", "/health/liveness", HttpStatusCode.OK)]
    [InlineData("GET", "/health/readiness", HttpStatusCode.ServiceUnavailable)]
    public async Task MetricsPort_HasMetricsAndHealthOnly(string method, string path, HttpStatusCode expected)
    {
        await using var gateway = await StartAsync();

        using var reply = await gateway.SendAsync(new(method), gateway.Addresses.Metrics + path, token: null);

        reply.StatusCode.ShouldBe(expected);
    }

    [Theory]
    [InlineData("gzip", HttpStatusCode.OK)]
    [InlineData("gzip, but is not", HttpStatusCode.BadRequest)]
    [InlineData("gzip, cut", HttpStatusCode.BadRequest)]
    [InlineData("gzip of too much", HttpStatusCode.RequestEntityTooLarge)]
    [InlineData("br", HttpStatusCode.UnsupportedMediaType)]
    public async Task PackedPush_IsUnpackedWithinTheLimit(string how, HttpStatusCode expected)
    {
        await using var gateway = await StartAsync();
        var json = Encoding.UTF8.GetBytes(HostedGateway.Json(Snapshot()));
        var body = how switch
        {
            "gzip" => Gzip(json),
            "gzip, cut" => Gzip(json)[..^20],
            "gzip of too much" => Gzip(new byte[AdminPort.MaxSnapshotBytes + 1]),
            _ => json,
        };
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var content = new ByteArrayContent(body) { Headers = { ContentEncoding = { how == "br" ? "br" : "gzip" } } };
        using var request = new HttpRequestMessage(HttpMethod.Put, gateway.Addresses.Admin + "/config") { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", HostedGateway.Token);

        using var reply = await client.SendAsync(request, TestContext.Current.CancellationToken);

        reply.StatusCode.ShouldBe(expected);
        (await gateway.StatusAsync()).Revision.ShouldBe(expected == HttpStatusCode.OK ? 1 : 0);
    }

    private Task<HostedGateway> StartAsync() => HostedGateway.StartAsync(HostedGateway.Options(_folder));

    private Task<HostedGateway> StartAsync(TestCertificate certificate, params string[] pins) => HostedGateway.StartAsync(
        HostedGateway.Options(_folder) with { AdminCertificate = certificate.WriteTo(_folder) },
        TestCertificate.Pinning(pins),
        time: _time);

    private static Task<HttpStatusCode> StatusOfAsync(HostedGateway gateway) => StatusOfAsync(gateway, "Bearer " + HostedGateway.Token);

    private static async Task<HttpStatusCode> StatusOfAsync(HostedGateway gateway, string? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, gateway.Addresses.Admin + "/config/status");
        if (authorization is not null)
            request.Headers.TryAddWithoutValidation("Authorization", authorization).ShouldBeTrue();
        using var reply = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return reply.StatusCode;
    }

    private static ConfigSnapshot Snapshot() =>
        TestConfig.Of(TestConfig.Route("sim", new TargetConfig { Name = "sim", Provider = Provider.Simulated })) with { Revision = 1 };

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return packed.ToArray();
    }
}
