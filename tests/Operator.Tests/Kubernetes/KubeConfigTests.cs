using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Operator.Kubernetes;
using Support;
using Support.ApiServer;

namespace Operator.Tests.Kubernetes;

public sealed class KubeConfigTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kubeconfig").FullName;
    private readonly FakeClock _clock = new();
    private readonly Authority _authority = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Authority_and_client_certificate_of_the_file_itself_are_used()
    {
        await using var server = await StartAsync("localhost", ClientCertificateMode.RequireCertificate);
        var (certificate, key) = _authority.Issue("me", "me");
        var config = Write($$"""
            clusters: [{name: c, cluster: {server: "{{server.Url}}", certificate-authority-data: {{Base64(_authority.Pem)}} } }]
            users: [{name: u, user: {client-certificate-data: {{Base64(certificate)}}, client-key-data: {{Base64(key)}} } }]
            contexts: [{name: x, context: {cluster: c, user: u, namespace: team} }]
            current-context: x
            """);

        config.Access!.Namespace.ShouldBe("team");
        (await ReachAsync(config)).ShouldBeNull();
    }

    [Fact]
    public async Task Files_that_the_file_names_are_looked_for_beside_it()
    {
        await using var server = await StartAsync("localhost", ClientCertificateMode.RequireCertificate);
        var (certificate, key) = _authority.Issue("me", "me");
        File.WriteAllText(Path.Combine(_folder, "ca.crt"), _authority.Pem);
        File.WriteAllText(Path.Combine(_folder, "me.crt"), certificate);
        File.WriteAllText(Path.Combine(_folder, "me.key"), key);

        var config = Write(Simple(server.Url, "certificate-authority: ca.crt", "client-certificate: me.crt, client-key: me.key"));

        (await ReachAsync(config)).ShouldBeNull();
    }

    [Theory]
    [InlineData("insecure-skip-tls-verify: true", true)]
    [InlineData("certificate-authority: ca.crt", true)]
    [InlineData("certificate-authority: other.crt", false)]
    [InlineData("namespace: none", false)]
    public async Task A_server_is_trusted_as_the_file_says(string cluster, bool isReached)
    {
        using var other = new Authority();
        await using var server = await StartAsync("localhost");
        File.WriteAllText(Path.Combine(_folder, "ca.crt"), _authority.Pem);
        File.WriteAllText(Path.Combine(_folder, "other.crt"), other.Pem);

        var failure = await ReachAsync(Write(Simple(server.Url, cluster, "token: t")));

        (failure is null).ShouldBe(isReached, failure?.ToString());
        if (!isReached)
            failure!.Reason.ShouldBe(ApiFailureReason.Unreachable);
    }

    [Theory]
    [InlineData("tls-server-name: api.internal", true)]
    [InlineData("tls-server-name: api.other", false)]
    [InlineData("namespace: none", false)]
    public async Task A_server_with_another_name_in_its_certificate_is_trusted_by_tls_server_name(string cluster, bool isReached)
    {
        await using var server = await StartAsync("api.internal");
        File.WriteAllText(Path.Combine(_folder, "ca.crt"), _authority.Pem);

        var failure = await ReachAsync(Write(Simple(server.Url, $"certificate-authority: ca.crt, {cluster}", "token: t")));

        (failure is null).ShouldBe(isReached, failure?.ToString());
    }

    [Fact]
    public async Task A_token_that_is_replaced_in_its_file_is_used_after_a_minute_or_when_the_old_one_is_refused()
    {
        await using var server = await FakeApiServer.StartAsync();
        var file = Path.Combine(_folder, "token");
        File.WriteAllText(file, "one\n");
        var config = Write(Simple(server.Url, "namespace: none", "tokenFile: token"));
        using var connection = new ApiConnection(config.Access!, TestCluster.Options, _clock);
        var client = new KubernetesClient(connection, _clock);

        server.Tokens = ["one"];
        (await ReachAsync(client)).ShouldBeNull();
        File.WriteAllText(file, "two");
        (await ReachAsync(client)).ShouldBeNull();
        server.Tokens = ["two"];
        (await ReachAsync(client)).ShouldBeNull();
        File.WriteAllText(file, "three");
        server.Tokens = ["two", "three"];
        (await ReachAsync(client)).ShouldBeNull();
        server.Tokens = ["three"];
        _clock.Advance(TimeSpan.FromMinutes(1));
        (await ReachAsync(client)).ShouldBeNull();
        server.Tokens = ["four"];
        (await ReachAsync(client))!.Reason.ShouldBe(ApiFailureReason.Unauthorized);
    }

    [Fact]
    public async Task A_pod_finds_its_server_token_and_namespace_in_its_service_account()
    {
        await using var server = await StartAsync("127.0.0.1");
        server.Tokens = ["pod-token"];
        File.WriteAllText(Path.Combine(_folder, "ca.crt"), _authority.Pem);
        File.WriteAllText(Path.Combine(_folder, "token"), "pod-token");
        File.WriteAllText(Path.Combine(_folder, "namespace"), "operator-system\n");
        var environment = new Dictionary<string, string>
        {
            ["KUBERNETES_SERVICE_HOST"] = "127.0.0.1",
            ["KUBERNETES_SERVICE_PORT"] = server.Url.Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
        };

        var config = new KubeConfig(environment.GetValueOrDefault, _clock).InCluster(_folder);

        config.Access!.Namespace.ShouldBe("operator-system");
        (await ReachAsync(config)).ShouldBeNull();
    }

    [Fact]
    public void The_first_file_of_the_list_that_is_there_is_taken_and_its_other_contexts_can_be_named()
    {
        var file = Path.Combine(_folder, "second");
        File.WriteAllText(file, """
            clusters: [{name: a, cluster: {server: "https://a"}}, {name: b, cluster: {server: "https://b:6443/k8s/clusters/c-1"}}]
            users: [{name: u, user: {token: t}}]
            contexts: [{name: first, context: {cluster: a, user: u}}, {name: second, context: {cluster: b, user: u}}]
            current-context: first
            """);
        var list = string.Join(Path.PathSeparator, Path.Combine(_folder, "missing"), file);
        var config = new KubeConfig(name => name == "KUBECONFIG" ? list : null, _clock);

        config.Load().Access!.Server.Host.ShouldBe("a");
        var second = config.Load(context: "second").Access!;
        new ApiRequest { Method = HttpMethod.Get, Target = "/api/v1/pods?limit=1" }.ToMessage(second.Server).RequestUri!.ToString()
            .ShouldBe("https://b:6443/k8s/clusters/c-1/api/v1/pods?limit=1");
        config.Load(context: "third").Problem!.ShouldContain("no context `third`");
    }

    [Theory]
    [InlineData("exec: {command: aws}", "exec plugins are not supported")]
    [InlineData("auth-provider: {name: gcp}", "auth providers are not supported")]
    [InlineData("username: u, password: p", "user names and passwords are not supported")]
    [InlineData("tokenFile: missing", "cannot be used")]
    [InlineData("client-certificate: missing, client-key: missing", "cannot be used")]
    [InlineData("client-certificate-data: '!', client-key-data: '!'", "cannot be used")]
    [InlineData("client-certificate-data: eA==, client-key-data: eA==", "cannot be used")]
    public void A_user_that_cannot_be_used_is_told_in_a_sentence(string user, string problem) =>
        Write(Simple(new("https://a"), "namespace: none", user)).Problem!.ShouldContain(problem);

    [Theory]
    [InlineData("a: [", "config:2: ")]
    [InlineData("", "is empty")]
    [InlineData("current-context: x", "has no context `x`")]
    [InlineData("contexts: 7", "cannot be used")]
    [InlineData("{current-context: x, contexts: [{name: x, context: {cluster: c, user: u}}]}", "has no cluster `c`")]
    public void A_file_that_cannot_be_used_is_told_in_a_sentence(string file, string problem) =>
        Write(file).Problem!.ShouldContain(problem);

    [Fact]
    public void Nothing_that_is_printed_by_accident_gives_a_secret_away()
    {
        var config = Write(Simple(new("https://a"), "namespace: none", "token: the-secret"));

        config.ToString().ShouldNotContain("the-secret");
        new KubeConfigUser { Token = "the-secret" }.ToString().ShouldNotContain("the-secret");
    }

    private static string Simple(Uri server, string cluster, string user) => $$"""
        clusters: [{name: c, cluster: {server: "{{server}}", {{cluster}} } }]
        users: [{name: u, user: { {{user}} } }]
        contexts: [{name: x, context: {cluster: c, user: u} }]
        current-context: x
        """;

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private KubeConfigResult Write(string yaml)
    {
        var file = Path.Combine(_folder, "config");
        File.WriteAllText(file, yaml);
        return new KubeConfig(_ => null, _clock).Load(file);
    }

    private async Task<ApiFailure?> ReachAsync(KubeConfigResult config)
    {
        config.Problem.ShouldBeNull();
        var once = TestCluster.Options with { MaxAttempts = 1 };
        using var connection = new ApiConnection(config.Access!, once, _clock);
        return await ReachAsync(new KubernetesClient(connection, _clock));
    }

    private static async Task<ApiFailure?> ReachAsync(KubernetesClient client) =>
        (await client.GetAsync(ResourceTypes.Namespaces, new("", "default"), Cancellation)).Failure;

    private Task<FakeApiServer> StartAsync(string name, ClientCertificateMode mode = ClientCertificateMode.NoCertificate)
    {
        var (certificate, key) = _authority.Issue("server", name);
        var pair = X509Certificate2.CreateFromPem(certificate, key);
        return FakeApiServer.StartAsync(listen => listen.UseHttps(https =>
        {
            https.ServerCertificate = pair;
            https.ClientCertificateMode = mode;
            https.ClientCertificateValidation = (client, _, _) => client.Subject == "CN=me";
        }));
    }

    /// <summary>Issues certificates for a test.</summary>
    private sealed class Authority : IDisposable
    {
        private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        private readonly X509Certificate2 _certificate;

        public Authority()
        {
            var request = new CertificateRequest($"CN=authority-{Guid.NewGuid():N}", _key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        }

        public string Pem => _certificate.ExportCertificatePem();

        public (string Certificate, string Key) Issue(string subject, string name)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN={subject}", key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(name);
            if (name is "localhost" or "127.0.0.1")
                names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
            var number = RandomNumberGenerator.GetBytes(8);
            using var issued = request.Create(_certificate, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1), number);
            return (issued.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
        }

        public void Dispose()
        {
            _certificate.Dispose();
            _key.Dispose();
        }
    }
}
