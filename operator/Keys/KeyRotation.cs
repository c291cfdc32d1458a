using Operator.Api;

namespace Operator.Keys;

/// <summary>
/// The life of a key that the operator made. Pure: clock, dice and the gateway's word come in. A rotation has two steps, each written down
/// before the next begins, so that a crash in between loses no key: the next one is made and the gateway told of both; once it knows it,
/// the next one takes its place, and the one before is taken until the end of the overlap.
/// </summary>
internal static class KeyRotation
{
    /// <summary>For rotations that an annotation asks for where the spec says nothing.</summary>
    private const long DefaultOverlapSeconds = 86_400;

    /// <summary>What should be stored now; the same object where nothing changes.</summary>
    /// <param name="stored">What is stored.</param>
    /// <param name="of">The VirtualKey; a paused one begins no rotation.</param>
    /// <param name="now">The moment.</param>
    /// <param name="isNextAcknowledged">Whether every gateway pod that serves takes <see cref="StoredKey.Next"/>.</param>
    /// <param name="create">Makes a key.</param>
    public static StoredKey Advance(StoredKey stored, VirtualKey of, DateTimeOffset now, bool isNextAcknowledged, Func<GeneratedKey> create)
    {
        if (stored.CreatedTime is null)
            stored = stored with { CreatedTime = now };
        if (stored.Previous?.ExpirationTime <= now)
            stored = stored with { Previous = null };
        if (stored.Next is not null)
            return isNextAcknowledged ? Promote(stored, stored.Next, of.Spec.Rotation, now) : stored;
        if (of.IsPaused() || of.Spec.ValueFrom is not null || !(IsRequested(stored, of) || NextTime(stored, of) <= now))
            return stored;
        return stored with { Next = create(), ObservedRequest = Request(of) ?? stored.ObservedRequest };
    }

    /// <summary>When the next rotation begins by itself; null: never, or one is under way.</summary>
    public static DateTimeOffset? NextTime(StoredKey stored, VirtualKey of) =>
        stored.Next is null && of.Spec.Rotation is { } spec && spec.OverlapSeconds < spec.PeriodSeconds
            ? stored.CreatedTime?.AddSeconds(spec.PeriodSeconds)
            : null;

    /// <summary>The value of the annotation that asks for a rotation; null: none.</summary>
    public static string? Request(VirtualKey of) => of.Metadata.Annotations.GetValueOrDefault(ResourceGroup.RotateAnnotation);

    private static bool IsRequested(StoredKey stored, VirtualKey of) => Request(of) is { } request && request != stored.ObservedRequest;

    private static StoredKey Promote(StoredKey stored, GeneratedKey next, RotationSpec? spec, DateTimeOffset now)
    {
        var overlap = spec?.OverlapSeconds ?? DefaultOverlapSeconds;
        return stored with
        {
            Current = next,
            CreatedTime = now,
            Next = null,
            Previous = overlap == 0
                ? null
                : new() { Sha256 = GeneratedKey.Sha256(stored.Current.Text), ExpirationTime = now.AddSeconds(overlap) },
        };
    }
}
