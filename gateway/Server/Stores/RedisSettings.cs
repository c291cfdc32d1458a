using System.Globalization;
using Gateway.Contract;
using StackExchange.Redis;

namespace Gateway.Server.Stores;

/// <summary>From a URI to what StackExchange.Redis is told: 1.2.6 would read a URI without a complaint and find no server in it.</summary>
internal static class RedisSettings
{
    private const int DefaultPort = 6379;

    /// <param name="uri">Judged by <see cref="StoreUri.Redis"/>.</param>
    /// <param name="caFile">Authorities as PEM, read at each handshake; null for the public ones.</param>
    /// <param name="timeout">For connecting, and for each command that is waited for synchronously: nothing bounds the others.</param>
    public static ConfigurationOptions Of(StoreUri uri, string? caFile, TimeSpan timeout)
    {
        var host = uri.Hosts[0];
        var milliseconds = (int)timeout.TotalMilliseconds;
        var options = new ConfigurationOptions
        {
            EndPoints = { { host.Name, host.Port ?? DefaultPort } },
            Password = uri.Password,
            DefaultDatabase = uri.Database.Length == 0 ? 0 : int.Parse(uri.Database, CultureInfo.InvariantCulture),
            Ssl = uri.Scheme == "rediss",
            SslHost = host.Name,
            ClientName = "llm-gateway",

            // Else the exception of a failed connect says only that there is none. It is tried again in the background.
            AbortOnConnectFail = false,
            ConnectRetry = 1,
            ConnectTimeout = milliseconds,
            SyncTimeout = milliseconds,
            ResponseTimeout = milliseconds,

            // These two serve setups of several masters, and cost a second connection.
            TieBreaker = "",
            ConfigurationChannel = "",
            CommandMap = CommandMap.Create(["SUBSCRIBE"], available: false),
        };
        if (caFile is not null)
        {
            options.CertificateValidation +=
                (_, certificate, chain, errors) => PrivateAuthorities.Trust(caFile, certificate, chain, errors);
        }

        return options;
    }
}
