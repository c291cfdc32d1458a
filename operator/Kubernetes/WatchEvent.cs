using Operator.Api;

namespace Operator.Kubernetes;

/// <summary>What a watch tells. A closed set.</summary>
internal abstract record WatchEvent<T>
    where T : KubernetesObject
{
    /// <summary>The object is there, in this version. New or not is the reader's to know.</summary>
    public sealed record Changed(T Value) : WatchEvent<T>;

    /// <summary>The object is gone.</summary>
    public sealed record Deleted(ObjectKey Key, string? ResourceVersion) : WatchEvent<T>;

    /// <summary>The object is there, but makes no sense to us.</summary>
    public sealed record Unreadable(UnreadableObject Object) : WatchEvent<T>;

    /// <summary>Nothing has changed up to this version.</summary>
    public sealed record Bookmark(string ResourceVersion) : WatchEvent<T>;

    /// <summary>The watch is over: the server has said so, or the connection broke.</summary>
    public sealed record Failed(ApiFailure Failure) : WatchEvent<T>;
}
