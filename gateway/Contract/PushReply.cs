using System.Collections.Immutable;

namespace Gateway.Contract;

/// <summary>
/// The body of every reply to <c>PUT /config</c>: 200 with revision and hash; 409 with what the gateway holds; 422 with errors; 400 and 415
/// with one error that names no object.
/// </summary>
public sealed record PushReply
{
    /// <summary>The revision that the gateway serves now; 0 when it has none.</summary>
    public long Revision { get; init; }

    /// <summary>The hash of what it serves now.</summary>
    public string Hash { get; init; } = "";

    /// <summary>The uid that it serves.</summary>
    public string Uid { get; init; } = "";

    /// <summary>Every problem found, not only the first.</summary>
    public ImmutableArray<ConfigError> Errors { get; init; } = [];
}

/// <summary>Why a snapshot is refused. Without kind and name it concerns the snapshot as a whole.</summary>
public sealed record ConfigError
{
    /// <summary>Kind of the object at fault.</summary>
    public string Kind { get; init; } = "";

    /// <summary>Its namespace.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>Its name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Path of the field in the object's spec, as <c>targets[1].baseURL</c>.</summary>
    public string Field { get; init; } = "";

    /// <summary>What is wrong and what would be right. Holds no secrets.</summary>
    public required string Message { get; init; }
}
