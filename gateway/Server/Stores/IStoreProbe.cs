namespace Gateway.Server.Stores;

/// <summary>Asks one database whether it is there.</summary>
internal interface IStoreProbe : IDisposable
{
    /// <summary>See <see cref="Gateway.Contract.StoreStatus.Name"/>.</summary>
    string Name { get; }

    /// <summary>
    /// Null: it has answered. Else why not, in words that are the same each time and hold no password. Blocks, so it wants a thread of its
    /// own; called by one at a time.
    /// </summary>
    string? Ask();
}
