namespace Gateway.Server.Stores;

/// <summary>The files that say where a database is. Pods are replaced when what they say changes.</summary>
/// <param name="Url">GATEWAY_…_URL_FILE: a connection URI, see <see cref="Gateway.Contract.StoreUri"/>.</param>
/// <param name="Ca">GATEWAY_…_CA_FILE: authorities as PEM; null for the public ones.</param>
internal sealed record StoreFiles(string Url, string? Ca)
{
    /// <summary>The URI, or why it cannot be read.</summary>
    public (string? Text, string? Problem) Read()
    {
        try
        {
            return (File.ReadAllText(Url).Trim(), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"cannot read {Url}");
        }
    }
}
