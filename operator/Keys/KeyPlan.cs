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
    public KeyNews? News { get; init; }

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

/// <summary>What an event tells of a key.</summary>
/// <param name="Reason">See <see cref="KeyEvents"/>.</param>
/// <param name="IsWarning">Whether callers lose what they had.</param>
/// <param name="Note">Names the public part of keys, and no more.</param>
internal sealed record KeyNews(string Reason, bool IsWarning, string Note);

/// <summary>Reasons of events on VirtualKeys. A reason never changes its meaning.</summary>
internal static class KeyEvents
{
    /// <summary>The first key was made.</summary>
    public const string KeyCreated = "KeyCreated";

    /// <summary>Warning: the key was deleted from outside. There is a new one; the old one is refused.</summary>
    public const string KeyRegenerated = "KeyRegenerated";

    /// <summary>A next key was made; both are taken.</summary>
    public const string KeyRotating = "KeyRotating";

    /// <summary>The next key is the key; the one before is taken until the end of the overlap.</summary>
    public const string KeyRotated = "KeyRotated";
}
