using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Translate;

/// <summary>All that a translation looks at: what was gathered for one LlmGateway, at one moment.</summary>
internal sealed record TranslateInputs
{
    /// <summary>The gateway.</summary>
    public required LlmGateway Gateway { get; init; }

    /// <summary>The moment that prices and expirations are judged at.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>ModelRoutes of the gateway's namespace that name it.</summary>
    public ImmutableArray<ModelRoute> Routes { get; init; } = [];

    /// <summary>VirtualKeys of any namespace that name it.</summary>
    public ImmutableArray<VirtualKey> Keys { get; init; } = [];

    /// <summary>Budgets of any namespace that name it.</summary>
    public ImmutableArray<Budget> Budgets { get; init; } = [];

    /// <summary>The Secrets that the gateway, routes and keys refer to, as far as they are there, with type, owners and data.</summary>
    public ImmutableArray<Secret> Secrets { get; init; } = [];

    /// <summary>Why others that they refer to could not be read, by id (<c>namespace/name</c>).</summary>
    public ImmutableDictionary<string, string> UnreadableSecrets { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>The namespaces of keys and budgets, for their labels.</summary>
    public ImmutableArray<Namespace> Namespaces { get; init; } = [];

    /// <summary>False where the operator watches some namespaces only: their labels are then beyond its rights.</summary>
    public bool SeesNamespaces { get; init; } = true;

    /// <summary>What stands for each VirtualKey, by its id (<c>namespace/name</c>). A key without an entry has not been made yet.</summary>
    public ImmutableDictionary<string, KeyMaterial> KeyMaterial { get; init; } = ImmutableDictionary<string, KeyMaterial>.Empty;

    /// <summary>
    /// What is wrong with the Secrets of generated keys, by the VirtualKey's id. With material beside it, it is a warning.
    /// </summary>
    public ImmutableDictionary<string, KeyProblem> KeyProblems { get; init; } = ImmutableDictionary<string, KeyProblem>.Empty;

    /// <summary>The built-in prices.</summary>
    public PriceTable Prices { get; init; } = PriceTable.Empty;

    /// <summary>
    /// The version of each object that was in force last: <see cref="Translation.LastValid"/> of the last translation that a pod
    /// acknowledged.
    /// </summary>
    public LastValidVersions LastValid { get; init; } = LastValidVersions.Empty;

    /// <summary>Versions that a gateway pod refused (422). They count as invalid.</summary>
    public ImmutableArray<RefusedVersion> Refused { get; init; } = [];

    /// <summary>False in standalone mode: <c>postgres</c>, <c>redis</c> and <c>tls</c> of the gateway are not used there.</summary>
    public bool IsCluster { get; init; } = true;

    /// <summary>Standalone only: targets may name loopback hosts.</summary>
    public bool AllowLoopbackUpstreams { get; init; }

    /// <summary>
    /// Whether a translation of the other comes to the same, as far as it does not hang on the clock, nor on what was in force or refused
    /// before. May be false where it does all the same.
    /// </summary>
    public bool SaysTheSameAs(TranslateInputs other) =>
        Gateway.AsksTheSameAs(other.Gateway)
        && AskTheSame(Routes, other.Routes)
        && AskTheSame(Keys, other.Keys)
        && AskTheSame(Budgets, other.Budgets)
        && Secrets.SequenceEqual(other.Secrets, s_sameSecret)
        && Holds(UnreadableSecrets, other.UnreadableSecrets, (a, b) => a == b)
        && Namespaces.SequenceEqual(other.Namespaces, s_sameNamespace)
        && SeesNamespaces == other.SeesNamespaces
        && Holds(KeyMaterial, other.KeyMaterial, ReferenceEquals)
        && Holds(KeyProblems, other.KeyProblems, (a, b) => a == b)
        && ReferenceEquals(Prices, other.Prices)
        && IsCluster == other.IsCluster
        && AllowLoopbackUpstreams == other.AllowLoopbackUpstreams;

    private static readonly EqualityComparer<Secret> s_sameSecret = EqualityComparer<Secret>.Create((a, b) =>
        ReferenceEquals(a, b)
        || (a!.Metadata.Uid == b!.Metadata.Uid
            && a.Metadata.ResourceVersion is not null
            && a.Metadata.ResourceVersion == b.Metadata.ResourceVersion));

    private static readonly EqualityComparer<Namespace> s_sameNamespace = EqualityComparer<Namespace>.Create((a, b) =>
        ReferenceEquals(a, b) || (a!.Metadata.Name == b!.Metadata.Name && a.Metadata.Labels.SequenceEqual(b.Metadata.Labels)));

    private static bool AskTheSame<T>(ImmutableArray<T> objects, ImmutableArray<T> others)
        where T : KubernetesObject
    {
        if (objects.Length != others.Length)
            return false;
        for (var i = 0; i < objects.Length; i++)
        {
            if (!objects[i].AsksTheSameAs(others[i]))
                return false;
        }

        return true;
    }

    private static bool Holds<T>(ImmutableDictionary<string, T> map, ImmutableDictionary<string, T> other, Func<T, T, bool> same) =>
        ReferenceEquals(map, other)
        || (map.Count == other.Count && map.All(m => other.TryGetValue(m.Key, out var o) && same(m.Value, o)));
}

/// <summary>What callers present for a VirtualKey, without the key itself.</summary>
internal sealed record KeyMaterial
{
    /// <summary>The public part of the key.</summary>
    public required string KeyId { get; init; }

    /// <summary>One hash, or more while a rotation is under way or overlaps.</summary>
    public required ImmutableArray<KeyHash> Hashes { get; init; }

    /// <summary>When the key took its place; null: unknown, or not made by the operator.</summary>
    public DateTimeOffset? CreatedTime { get; init; }

    /// <summary>When the next rotation begins by itself; null: never, or one is under way.</summary>
    public DateTimeOffset? NextRotationTime { get; init; }

    /// <summary>The last value of the annotation <c>llmgateway.dev/rotate</c> that was acted on.</summary>
    public string? ObservedRotateAnnotation { get; init; }
}

/// <summary>Why the Secret of a VirtualKey is not as it should be.</summary>
/// <param name="Reason">See <see cref="ConditionReasons"/>.</param>
/// <param name="Field">The field of the VirtualKey that names it.</param>
/// <param name="Message">What to do about it. Holds no secrets.</param>
internal sealed record KeyProblem(string Reason, string Field, string Message);

/// <summary>A version of an object that a gateway pod refused.</summary>
internal sealed record RefusedVersion
{
    /// <summary>The object, with the uid and generation that were refused.</summary>
    public required ObjectReference Object { get; init; }

    /// <summary>The field, as the pod named it.</summary>
    public string Field { get; init; } = "";

    /// <summary>What the pod said.</summary>
    public required string Message { get; init; }
}

/// <summary>For each object the last version that had no fault of its own, by id (<c>namespace/name</c>).</summary>
internal sealed record LastValidVersions
{
    /// <summary>Nothing has been in force yet.</summary>
    public static LastValidVersions Empty { get; } = new();

    /// <summary>The gateway.</summary>
    public LlmGateway? Gateway { get; init; }

    /// <summary>ModelRoutes.</summary>
    public ImmutableSortedDictionary<string, ModelRoute> Routes { get; init; } = ImmutableSortedDictionary<string, ModelRoute>.Empty;

    /// <summary>VirtualKeys.</summary>
    public ImmutableSortedDictionary<string, VirtualKey> Keys { get; init; } = ImmutableSortedDictionary<string, VirtualKey>.Empty;

    /// <summary>Budgets.</summary>
    public ImmutableSortedDictionary<string, Budget> Budgets { get; init; } = ImmutableSortedDictionary<string, Budget>.Empty;
}
