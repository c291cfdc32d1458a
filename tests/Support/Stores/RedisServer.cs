using System.Diagnostics;
using System.Globalization;

namespace Support.Stores;

/// <summary>A Redis of the test's own.</summary>
public sealed class RedisServer : StoreProcess
{
    private readonly List<string> _arguments;

    private RedisServer(string? password, StoreCertificate? certificate)
    {
        Password = password;
        IsEncrypted = certificate is not null;
        var port = Port.ToString(CultureInfo.InvariantCulture);
        _arguments = ["--bind", "127.0.0.1", "--dir", Folder.FullName, "--appendonly", "yes", "--save", ""];
        if (password is not null)
            _arguments.AddRange(["--requirepass", password]);
        _arguments.AddRange(certificate is null
            ? ["--port", port]
            :
            [
                "--port", "0", "--tls-port", port, "--tls-auth-clients", "no", "--tls-ca-cert-file", certificate.CertificateFile,
                "--tls-cert-file", certificate.CertificateFile, "--tls-key-file", certificate.KeyFile,
            ]);
    }

    /// <summary>Null: none is asked for.</summary>
    public string? Password { get; }

    /// <summary>Null: it has the machine's.</summary>
    public ServerClock? Clock { get; private set; }

    /// <summary>Where it is, with the password.</summary>
    public string Url => string.Create(
        CultureInfo.InvariantCulture,
        $"{(IsEncrypted ? "rediss" : "redis")}://{(Password is null ? "" : $":{Uri.EscapeDataString(Password)}@")}127.0.0.1:{Port}");

    private protected override string ReadyLine => "Ready to accept connections";

    public bool IsEncrypted { get; }

    /// <summary>Starts one; every write is kept in its data.</summary>
    public static async Task<RedisServer> StartNewAsync(string? password = null, StoreCertificate? certificate = null)
    {
        var server = new RedisServer(password, certificate);
        await server.StartAsync();
        return server;
    }

    /// <summary>One whose <see cref="Clock"/> can be set.</summary>
    public static async Task<RedisServer> StartNewAsync(DateTimeOffset now)
    {
        var server = new RedisServer(null, null);
        server.Clock = new(server.Folder.FullName);
        server.Clock.Set(now);
        await server.StartAsync();
        return server;
    }

    private protected override ProcessStartInfo Command() =>
        new("env", [.. Clock?.Environment ?? [], Find("redis-server", "/usr/bin", "/usr/local/bin"), .. _arguments]);
}
