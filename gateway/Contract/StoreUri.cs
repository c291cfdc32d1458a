using System.Collections.Immutable;
using System.Globalization;

namespace Gateway.Contract;

/// <summary>
/// Where a database is and how to log in, as a connection URI says: <c>scheme://user:password@host:port,host:port/database?name=value</c>.
/// All parts are percent-decoded. The operator judges a URI by the same rules as the gateway that will use it.
/// </summary>
public sealed record StoreUri
{
    private static readonly ImmutableArray<string> s_sslModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

    /// <summary>Lower case.</summary>
    public required string Scheme { get; init; }

    /// <summary>Null where there is none.</summary>
    public string? User { get; init; }

    /// <summary>Null where there is none.</summary>
    public string? Password { get; init; }

    /// <summary>At least one.</summary>
    public required ImmutableArray<StoreHost> Hosts { get; init; }

    /// <summary>Empty where none is named.</summary>
    public string Database { get; init; } = "";

    /// <summary>What follows the question mark; of two of one name the later.</summary>
    public ImmutableSortedDictionary<string, string> Parameters { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The hosts only: a record that is printed by accident gives no password away.</summary>
    public override string ToString() => $"{Scheme}://{string.Join(',', Hosts)}";

    /// <summary>
    /// A URI for Postgres, or what is wrong with it without a word of what it holds. Parameters that we have no use for are left alone:
    /// people share one URI between programs. https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
    /// </summary>
    public static (StoreUri? Uri, string? Problem) Postgres(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (uri, problem) = Parse(text, "postgresql://USER:PASSWORD@HOST:5432/DATABASE");
        if (uri is null)
            return (null, problem);
        if (uri.Scheme is not ("postgresql" or "postgres"))
            return (null, "must begin with postgresql:// or postgres://");
        if (uri.Parameters.TryGetValue("sslmode", out var mode) && !s_sslModes.Contains(mode))
            return (null, $"sslmode must be one of {string.Join(", ", s_sslModes)}");
        return (uri, null);
    }

    /// <summary>
    /// A URI for Redis, or what is wrong with it without a word of what it holds. Sentinel and lists of servers are not
    /// supported. https://www.iana.org/assignments/uri-schemes/prov/redis
    /// </summary>
    public static (StoreUri? Uri, string? Problem) Redis(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (uri, problem) = Parse(text, "redis://:PASSWORD@HOST:6379/0");
        if (uri is null)
            return (null, problem);
        if (uri.Scheme.Contains("sentinel", StringComparison.Ordinal) || uri.Parameters.Keys.Any(IsOfSentinel) || uri.Hosts.Length > 1)
            return (null, "must name one server: Sentinel and lists of servers are not supported; name a Service that leads to the master");
        if (uri.Scheme is not ("redis" or "rediss"))
            return (null, "must begin with redis://, or with rediss:// for TLS");
        var database = uri.Parameters.GetValueOrDefault("db", uri.Database);
        if (database.Length > 0 && !ushort.TryParse(database, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            return (null, "must end with the number of a database, as /0, or with nothing");
        return (uri with { Database = database }, null);
    }

    private static bool IsOfSentinel(string parameter) => parameter.StartsWith("sentinel", StringComparison.OrdinalIgnoreCase);

    /// <summary>By hand: <see cref="Uri"/> takes neither several hosts nor the passwords that people write.</summary>
    private static (StoreUri? Uri, string? Problem) Parse(string text, string example)
    {
        const string Separator = "://";
        var end = text.IndexOf(Separator, StringComparison.Ordinal);
        if (end <= 0)
            return (null, $"must be a URI, as {example}");
        var (address, query) = Cut(text[(end + Separator.Length)..], '?');
        var (authority, database) = Cut(address, '/');
        var at = authority.LastIndexOf('@');
        var (user, password) = at < 0 ? (null, null) : Cut(authority[..at], ':');
        var hosts = authority[(at + 1)..].Split(',').Select(StoreHost.Parse).ToList();
        if (hosts.Contains(null))
        {
            return (
                null,
                $"must name a host, and after a colon a port, as {example}; percent-encode / ? # @ : in a user name and in a password");
        }

        return (
            new()
            {
                Scheme = text[..end].ToLowerInvariant(),
                User = Decode(user),
                Password = Decode(password),
                Hosts = [.. hosts.OfType<StoreHost>()],
                Database = Decode(database) ?? "",
                Parameters = (query ?? "").Split('&', StringSplitOptions.RemoveEmptyEntries)
                    .Select(p => Cut(p, '='))
                    .Aggregate(
                        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal),
                        (all, p) => all.SetItem(Decode(p.Head)!, Decode(p.Tail) ?? "")),
            },
            null);
    }

    private static (string Head, string? Tail) Cut(string text, char separator)
    {
        var at = text.IndexOf(separator, StringComparison.Ordinal);
        return at < 0 ? (text, null) : (text[..at], text[(at + 1)..]);
    }

    private static string? Decode(string? text) => text is null ? null : Uri.UnescapeDataString(text);
}

/// <summary>One server of a <see cref="StoreUri"/>.</summary>
/// <param name="Name">A name or an address; an IPv6 address without brackets.</param>
/// <param name="Port">Null for the usual one.</param>
public sealed record StoreHost(string Name, int? Port)
{
    /// <summary>As in a URI.</summary>
    public override string ToString()
    {
        var name = Name.Contains(':', StringComparison.Ordinal) ? $"[{Name}]" : Name;
        return Port is { } port ? FormattableString.Invariant($"{name}:{port}") : name;
    }

    /// <summary>Null where it is none.</summary>
    internal static StoreHost? Parse(string text)
    {
        var afterName = text.StartsWith('[')
            ? text.IndexOf(']', StringComparison.Ordinal) + 1
            : text.IndexOf(':', StringComparison.Ordinal);
        var (name, port) = afterName < 0 ? (text, "") : (text[..afterName], text[afterName..]);
        name = Uri.UnescapeDataString(name.Trim('[', ']'));
        if (name.Length == 0 || name.Any(c => char.IsWhiteSpace(c) || c is ';' or '=' or ','))
            return null;
        if (port.Length == 0)
            return new(name, null);
        var isPort = ushort.TryParse(port.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0;
        return port[0] == ':' && isPort ? new(name, number) : null;
    }
}
