using Operator.Api;
using Operator.Status;
using Operator.Translate;

namespace Operator.Keys;

/// <summary>
/// Decides what becomes of the Secret of a VirtualKey. Pure: clock, dice and the gateway's word come in. A Secret that the VirtualKey does
/// not own is never touched, not even that of a deleted VirtualKey of the same name: to delete a VirtualKey is to revoke its key.
/// </summary>
internal static class KeyPlanning
{
    /// <summary>How soon the Secret of a deleted VirtualKey is looked at again.</summary>
    private static readonly TimeSpan s_untilCollected = TimeSpan.FromSeconds(5);

    /// <param name="of">The VirtualKey.</param>
    /// <param name="secret">The Secret of <see cref="KeyStatus.SecretOf"/>; null: the API server has said that there is none.</param>
    /// <param name="now">The moment.</param>
    /// <param name="isAcknowledged">Whether every gateway pod that serves takes the key with this hash.</param>
    /// <param name="create">Makes a key.</param>
    public static KeyPlan Of(
        VirtualKey of, Secret? secret, DateTimeOffset now, Func<string, bool> isAcknowledged, Func<GeneratedKey> create)
    {
        if (of.Metadata.DeletionTimestamp is not null)
            return new();
        if (of.Spec.ValueFrom is { } source)
            return OfBrought(of, source.SecretRef, secret);
        if (secret is null)
            return of.IsPaused() ? new() : Create(of, now, create);
        if (!IsOwner(of, secret))
            return OfConflict(of, secret, now);
        var wanted = KeyStatus.SecretOf(of).Key;
        var former = FormerName(secret, wanted);
        var patch = new SecretPatch(of, secret, of.IsPaused() ? former ?? wanted : wanted, former);
        if (StoredKey.Read(secret, former ?? wanted) is { } stored)
            return Advance(patch, stored, now, isAcknowledged, create);
        return secret.Read(wanted) is null ? Regenerate(patch, now, create) : OfEdit(secret, wanted);
    }

    /// <summary>Refusals are the translation's to tell: it looks at the reference itself.</summary>
    private static KeyPlan OfBrought(VirtualKey of, SecretKeyReference reference, Secret? secret)
    {
        var lookup = new SecretLookup(secret is null ? [] : [secret]);
        if (lookup.Find(of.Metadata.Namespace, reference).Value is not { } key)
            return new();
        var material = KeyMaterials.OfBrought(key);
        return new() { Before = material, After = material };
    }

    private static KeyPlan Create(VirtualKey of, DateTimeOffset now, Func<GeneratedKey> create)
    {
        var at = KeyStatus.SecretOf(of);
        var made = New(of, now, create);
        var secret = new Secret
        {
            Metadata = new()
            {
                Name = at.Name,
                Namespace = of.Metadata.Namespace,
                Labels = of.Spec.Secret.Labels,
                OwnerReferences = [Owner(of)],
            },
        };
        return Written(of, made, now) with
        {
            Write = new KeyWrite.Create(made.WriteTo(secret, at.Key)),
            News = NewsOfMade(of, made, at),
        };
    }

    private static KeyPlan Regenerate(SecretPatch patch, DateTimeOffset now, Func<GeneratedKey> create)
    {
        if (patch.Of.IsPaused() || IsTerminating(patch.Secret))
            return new();
        if (patch.Secret.Immutable == true)
            return new() { Problem = IsImmutable(patch.Secret) };
        var made = New(patch.Of, now, create);
        return Written(patch.Of, made, now) with
        {
            Write = patch.To(made),
            News = NewsOfMade(patch.Of, made, KeyStatus.SecretOf(patch.Of)),
        };
    }

    private static KeyPlan Advance(
        SecretPatch patch, StoredKey stored, DateTimeOffset now, Func<string, bool> isAcknowledged, Func<GeneratedKey> create)
    {
        var isNextAcknowledged = stored.Next is { } next && isAcknowledged(GeneratedKey.Sha256(next.Text));
        var advanced = KeyRotation.Advance(stored, patch.Of, now, isNextAcknowledged, create);
        var write = patch.To(advanced);
        var before = KeyMaterials.Of(patch.Of, stored);
        var unwritten = new KeyPlan { Before = before, After = before };
        if (write is null)
            return Written(patch.Of, advanced, now) with { Before = before };
        if (IsTerminating(patch.Secret))
            return unwritten;
        if (patch.Secret.Immutable == true)
            return unwritten with { Problem = IsImmutable(patch.Secret) };
        return Written(patch.Of, advanced, now) with { Before = before, Write = write, News = NewsOfRotation(stored, advanced) };
    }

    private static KeyPlan Written(VirtualKey of, StoredKey stored, DateTimeOffset now)
    {
        DateTimeOffset?[] times = [KeyRotation.NextTime(stored, of), stored.Previous?.ExpirationTime];
        return new() { After = KeyMaterials.Of(of, stored), NextTime = times.Where(t => t > now).Min() };
    }

    private static KeyPlan OfConflict(VirtualKey of, Secret secret, DateTimeOffset now)
    {
        var owner = secret.Metadata.OwnerReferences.FirstOrDefault(o => o.Controller == true);
        if (owner is not null && IsOfKind(owner) && owner.Name == of.Metadata.Name)
        {
            var whoseSecret = $"the Secret `{secret.Metadata.Name}` is that of a deleted VirtualKey of this name";
            return new() { Problem = Conflict($"{whoseSecret}; a new key is made once it is gone"), NextTime = now + s_untilCollected };
        }

        var whose = owner is null ? "was not made for this VirtualKey" : $"belongs to the {owner.Kind} `{owner.Name}`";
        return new()
        {
            Problem = Conflict(
                $"the Secret `{secret.Metadata.Name}` {whose} and is left untouched: "
                + "delete or rename it, or use the key that it holds by `spec.valueFrom` of a VirtualKey with another `spec.secret.name`"),
        };
    }

    private static KeyPlan OfEdit(Secret secret, string key) => new()
    {
        Problem = new(
            ConditionReasons.SecretValueInvalid,
            "spec.secret.key",
            $"`{key}` of the Secret `{secret.Metadata.Name}` was changed and holds no key that the operator made: put such a key back, "
            + "delete the Secret to get a new one, or bring your own by `spec.valueFrom`"),
    };

    private static KeyProblem Conflict(string message) => new(ConditionReasons.SecretConflict, "spec.secret.name", message);

    private static KeyProblem IsImmutable(Secret secret) => new(
        ConditionReasons.SecretImmutable,
        "spec.secret.name",
        $"the Secret `{secret.Metadata.Name}` is immutable, so that its key cannot be changed: delete it to get a new one");

    private static StoredKey New(VirtualKey of, DateTimeOffset now, Func<GeneratedKey> create) =>
        new() { Current = create(), CreatedTime = now, ObservedRequest = KeyRotation.Request(of) };

    /// <summary>Under which name the key stands where the spec has given it another one since; null: it has not.</summary>
    private static string? FormerName(Secret secret, string wanted) =>
        StoredKey.NameIn(secret) is { } name && name != wanted && secret.Read(wanted) is null && secret.Read(name) is not null
            ? name
            : null;

    private static ObjectNews NewsOfMade(VirtualKey of, StoredKey made, SecretKeyReference at)
    {
        var isAgain = of.Status is { KeyId: not null, SecretRef: { } was } && was.Name == at.Name;
        var key = $"`{made.Current.Prefix}…`";
        return isAgain
            ? new(EventReasons.KeyRegenerated, true, $"the key was deleted from the Secret `{at.Name}`; {key} takes its place")
            : new(EventReasons.KeyCreated, false, $"the key {key} is in the Secret `{at.Name}` under `{at.Key}`");
    }

    private static ObjectNews? NewsOfRotation(StoredKey before, StoredKey after)
    {
        var former = $"`{before.Current.Prefix}…`";
        if (after.Current != before.Current)
        {
            var end = after.Previous is { ExpirationTime: { } time } ? $"taken until {time:u}" : "refused";
            return new(EventReasons.KeyRotated, false, $"`{after.Current.Prefix}…` is the key; {former} is {end}");
        }

        return after.Next is { } next && next != before.Next
            ? new(EventReasons.KeyRotating, false, $"`{next.Prefix}…` takes the place of {former} once the gateway takes it")
            : null;
    }

    private static bool IsTerminating(Secret secret) => secret.Metadata.DeletionTimestamp is not null;

    private static bool IsOwner(VirtualKey of, Secret secret) =>
        secret.Metadata.OwnerReferences.Any(o => IsOfKind(o) && o.Uid == of.Metadata.Uid);

    private static bool IsOfKind(OwnerReference owner) =>
        owner.Kind == VirtualKey.KindName && owner.ApiVersion.StartsWith(ResourceGroup.Name + "/", StringComparison.Ordinal);

    private static OwnerReference Owner(VirtualKey of) => new()
    {
        ApiVersion = ResourceGroup.ApiVersion,
        Kind = VirtualKey.KindName,
        Name = of.Metadata.Name,
        Uid = of.Metadata.Uid,
        Controller = true,
        BlockOwnerDeletion = true,
    };
}
