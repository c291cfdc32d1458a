using System.Text.Json.Nodes;
using Operator.Api;
using Operator.Translate;

namespace Operator.Keys;

/// <summary>What to do about the Secret of a VirtualKey, and what stands for the VirtualKey before and after.</summary>
internal sealed record KeyPlan
{
    /// <summary>Null: all is as it should be, or nothing may be done.</summary>
    public KeyWrite? Write { get; init; }

    /// <summary>What callers present now; null: there is no key, or none that may be used.</summary>
    public KeyMaterial? Before { get; init; }

    /// <summary>What callers present once <see cref="Write"/> is done. Never to be pushed sooner.</summary>
    public KeyMaterial? After { get; init; }

    /// <summary>What is wrong; null: nothing.</summary>
    public KeyProblem? Problem { get; init; }

    /// <summary>What to tell once <see cref="Write"/> is done; null: nothing.</summary>
    public ObjectNews? News { get; init; }

    /// <summary>When time alone asks for the next look; null: never.</summary>
    public DateTimeOffset? NextTime { get; init; }
}

/// <summary>A write to a Secret. A closed set. It holds the key, so that it does not print itself.</summary>
internal abstract record KeyWrite
{
    public sealed override string ToString() => GetType().Name;

    /// <summary>A new Secret; never over one that is there.</summary>
    public sealed record Create(Secret Secret) : KeyWrite;

    /// <summary>A merge patch of what is ours in a Secret, for the version that it was made for.</summary>
    public sealed record Patch(JsonObject Body) : KeyWrite;
}
