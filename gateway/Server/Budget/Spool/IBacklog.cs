namespace Gateway.Server.Budget.Spool;

/// <summary>A backlog, whatever waits in it.</summary>
internal interface IBacklog
{
    /// <summary>Items that are in memory alone.</summary>
    long InMemory { get; }

    /// <summary>Brings to the volume what has to be there, and syncs it.</summary>
    void Beat();

    /// <summary>
    /// Brings all to the volume and lets go of it. Returns how many items are not there. As long as a volume hangs it does not return.
    /// </summary>
    long Close();

    /// <summary>Lets go of the volume as a process does that is killed.</summary>
    void Abandon();
}
