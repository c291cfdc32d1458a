namespace Gateway.Contract;

/// <summary>Time-outs of an upstream call, in milliseconds. Null means: as the next level up says.</summary>
public sealed record TimeoutsConfig
{
    /// <summary>Until the connection stands; default 5 s.</summary>
    public int? ConnectMilliseconds { get; init; }

    /// <summary>Until the first byte of the answer; default 300 s.</summary>
    public int? FirstByteMilliseconds { get; init; }

    /// <summary>Between two reads of the answer; default 300 s.</summary>
    public int? IdleMilliseconds { get; init; }

    /// <summary>The whole call with all its attempts; default 3,600 s.</summary>
    public int? TotalMilliseconds { get; init; }
}
