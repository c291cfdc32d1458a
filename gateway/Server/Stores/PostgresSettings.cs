using Gateway.Contract;
using Npgsql;

namespace Gateway.Server.Stores;

/// <summary>From a connection URI to what Npgsql is told. https://www.npgsql.org/doc/connection-string-parameters.html</summary>
internal static class PostgresSettings
{
    /// <param name="uri">Judged by <see cref="StoreUri.Postgres"/>.</param>
    /// <param name="caFile">Authorities as PEM; null: what the URI names as <c>sslrootcert</c>, else the public ones.</param>
    /// <param name="timeout">For connecting, and for each command.</param>
    public static NpgsqlConnectionStringBuilder Of(StoreUri uri, string? caFile, TimeSpan timeout)
    {
        var authorities = caFile ?? RootFile(uri);
        var seconds = Math.Max(1, (int)Math.Ceiling(timeout.TotalSeconds));
        var settings = new NpgsqlConnectionStringBuilder
        {
            Host = string.Join(',', uri.Hosts),
            SslMode = Mode(uri.Parameters.GetValueOrDefault("sslmode"), authorities is not null),
            ApplicationName = uri.Parameters.GetValueOrDefault("application_name", "llm-gateway"),
            Timeout = seconds,
            CommandTimeout = seconds,

            // Npgsql would look for a Kerberos ticket before TLS; pods have none.
            GssEncryptionMode = GssEncryptionMode.Disable,
        };
        if (uri.User is { } user)
            settings.Username = user;
        if (uri.Password is { } password)
            settings.Password = password;
        if (uri.Database.Length > 0)
            settings.Database = uri.Database;
        if (authorities is not null)
            settings.RootCertificate = authorities;
        if (uri.Parameters.TryGetValue("target_session_attrs", out var attributes))
            settings.TargetSessionAttributes = attributes;
        if (uri.Parameters.TryGetValue("options", out var options))
            settings.Options = options;
        return settings;
    }

    /// <summary><c>system</c> is libpq's name for the public authorities.</summary>
    private static string? RootFile(StoreUri uri) =>
        uri.Parameters.GetValueOrDefault("sslrootcert") is { Length: > 0 } file && file != "system" ? file : null;

    /// <summary>
    /// Who names authorities wants them to be asked: then nothing but <c>disable</c> goes without, and <c>require</c> leaves out the name,
    /// as in libpq. https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION
    /// </summary>
    private static SslMode Mode(string? mode, bool hasAuthorities) => (mode, hasAuthorities) switch
    {
        ("disable", _) => SslMode.Disable,
        ("verify-full", _) => SslMode.VerifyFull,
        ("verify-ca", _) or ("require", true) => SslMode.VerifyCA,
        (_, true) => SslMode.VerifyFull,
        ("require", false) => SslMode.Require,
        ("allow", false) => SslMode.Allow,
        _ => SslMode.Prefer,
    };
}
