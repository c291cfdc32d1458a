using System.Data.Common;
using System.Net.Sockets;
using System.Security.Cryptography;
using Gateway.Contract;
using Npgsql;

namespace Gateway.Server.Stores;

/// <summary><c>SELECT 1</c> on a new connection each time: one that is kept would not learn that the password has changed.</summary>
internal sealed class PostgresProbe(StoreFiles files, StoreWatchOptions options) : IStoreProbe
{
    public string Name => StoreStatus.Postgres;

    public string? Ask()
    {
        var (text, problem) = files.Read();
        if (text is null)
            return problem;
        var (uri, fault) = StoreUri.Postgres(text);
        if (uri is null)
            return $"the URI {fault}";
        try
        {
            Select(PostgresSettings.Of(uri, files.Ca, options.Bound));
            return null;
        }
        catch (PostgresException e)
        {
            return $"{e.MessageText} ({e.SqlState})";
        }
        catch (Exception e) when (e is DbException or SocketException or IOException or CryptographicException or ArgumentException)
        {
            return e.GetBaseException() is TimeoutException ? options.NoAnswer : $"{uri}: {e.GetBaseException().Message}";
        }
    }

    public void Dispose()
    {
        // Nothing is kept from one question to the next.
    }

    private static void Select(NpgsqlConnectionStringBuilder settings)
    {
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);

        // The types of a database are of no use here, and reading them is the dearest part of a first connection.
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        using var source = builder.Build();
        using var command = source.CreateCommand("SELECT 1");
        command.ExecuteScalar();
    }
}
