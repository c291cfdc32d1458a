using System.Diagnostics;
using System.Globalization;

namespace Support.Stores;

/// <summary>A Postgres of the test's own, with the user and the database <c>gateway</c>. It logs in by SCRAM, as servers do.</summary>
public sealed class PostgresServer : StoreProcess
{
    private static readonly string[] s_small = ["shared_buffers=16MB"];

    private readonly StoreCertificate? _certificate;
    private readonly IReadOnlyList<string> _settings;

    private PostgresServer(string password, StoreCertificate? certificate, IReadOnlyList<string> settings) =>
        (Password, _certificate, _settings) = (password, certificate, settings);

    /// <summary>Null: that of the machine.</summary>
    public ServerClock? Clock { get; private set; }

    /// <summary>Of the user.</summary>
    public string Password { get; }

    /// <summary>Where it is, with the password.</summary>
    public string Url => string.Create(
        CultureInfo.InvariantCulture, $"postgresql://gateway:{Uri.EscapeDataString(Password)}@127.0.0.1:{Port}/postgres");

    private protected override string ReadyLine => "database system is ready to accept connections";

    private string Data => Path.Combine(Folder.FullName, "data");

    /// <summary>Makes a new, empty one and starts it.</summary>
    /// <param name="password">Of the user.</param>
    /// <param name="certificate">Null: without TLS.</param>
    /// <param name="settings">Others than its defaults, as <c>name=value</c>; without any it holds little memory.</param>
    public static Task<PostgresServer> StartNewAsync(
        string password = "pa:ss/w%rd", StoreCertificate? certificate = null, IReadOnlyList<string>? settings = null) =>
        StartAsync(new(password, certificate, settings ?? s_small));

    /// <summary>One whose <see cref="Clock"/> can be set.</summary>
    public static Task<PostgresServer> StartNewAsync(DateTimeOffset now)
    {
        var server = new PostgresServer("password", null, s_small);
        server.Clock = new(server.Folder.FullName);
        server.Clock.Set(now);
        return StartAsync(server);
    }

    private static async Task<PostgresServer> StartAsync(PostgresServer server)
    {
        await server.InitializeAsync();
        await server.StartAsync();
        return server;
    }

    private protected override ProcessStartInfo Command()
    {
        List<string> arguments =
        [
            "-D", Data, "-h", "127.0.0.1", "-p", Port.ToString(CultureInfo.InvariantCulture), "-k", Folder.FullName,
            .. _settings.SelectMany(IEnumerable<string> (s) => ["-c", s]),
        ];
        if (_certificate is not null)
            arguments.AddRange(["-c", "ssl=on", "-c", $"ssl_cert_file={Data}/server.crt", "-c", $"ssl_key_file={Data}/server.key"]);
        return AsItsUser("postgres", arguments, Clock?.Environment ?? []);
    }

    private async Task InitializeAsync()
    {
        var passwordFile = Path.Combine(Folder.FullName, "password");
        await File.WriteAllTextAsync(passwordFile, Password + "\n");
        await GiveAwayAsync(Folder.FullName);
        await RunAsync(AsItsUser(
            "initdb",
            ["-D", Data, "-U", "gateway", "-A", "scram-sha-256", $"--pwfile={passwordFile}", "-E", "UTF8", "--locale=C", "--no-sync"]));
        if (_certificate is null)
            return;
        File.Copy(_certificate.CertificateFile, Path.Combine(Data, "server.crt"));
        File.Copy(_certificate.KeyFile, Path.Combine(Data, "server.key"));
        await RunAsync(new("chmod", ["600", Path.Combine(Data, "server.key")]));
        await GiveAwayAsync(Folder.FullName);
    }

    /// <summary>It refuses to run as root.</summary>
    private static ProcessStartInfo AsItsUser(string program, IEnumerable<string> arguments, params IEnumerable<string> environment)
    {
        IEnumerable<string> command = [.. environment, Find(program, [.. Versions()]), .. arguments];
        return Environment.IsPrivilegedProcess
            ? new("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", "env", .. command])
            : new("env", command);
    }

    private static Task GiveAwayAsync(string path) =>
        Environment.IsPrivilegedProcess ? RunAsync(new("chown", ["-R", "postgres:postgres", path])) : Task.CompletedTask;

    /// <summary>Where Debian keeps its programs, the newest first.</summary>
    private static IEnumerable<string> Versions()
    {
        const string Root = "/usr/lib/postgresql";
        return Directory.Exists(Root)
            ? Directory.GetDirectories(Root).OrderDescending(StringComparer.Ordinal).Select(v => Path.Combine(v, "bin"))
            : [];
    }

    private static async Task RunAsync(ProcessStartInfo command)
    {
        command.RedirectStandardError = true;
        command.RedirectStandardOutput = true;
        using var process = Process.Start(command)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{command.FileName} ended with {process.ExitCode}:\n{await output}\n{error}");
    }
}
