using System.Collections.Immutable;
using System.Globalization;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Keys;

/// <summary>
/// What a Secret says of the key that the operator made: the key under its own name, the next one beside it while a rotation is under way,
/// and in annotations what is left of the one before. Its hash is all that is needed: nobody can read an old key there.
/// </summary>
internal sealed record StoredKey
{
    private const string CreatedAnnotation = ResourceGroup.Name + "/key-created";
    private const string NameAnnotation = ResourceGroup.Name + "/key-name";
    private const string PreviousAnnotation = ResourceGroup.Name + "/previous-key-sha256";
    private const string PreviousExpirationAnnotation = ResourceGroup.Name + "/previous-key-expires";
    private const string NextSuffix = "-next";

    // As in the definitions: what a status would refuse is no time.
    private const int FirstYear = 1900;
    private const int LastYear = 2999;

    /// <summary>The key that callers are given.</summary>
    public required GeneratedKey Current { get; init; }

    /// <summary>When it took its place; null: nobody wrote it down.</summary>
    public DateTimeOffset? CreatedTime { get; init; }

    /// <summary>What takes its place once the gateway knows it; null: no rotation is under way.</summary>
    public GeneratedKey? Next { get; init; }

    /// <summary>The one before, with the end of the overlap; null: there is none that is still taken.</summary>
    public KeyHash? Previous { get; init; }

    /// <summary>The last value of <see cref="ResourceGroup.RotateAnnotation"/> that was acted on.</summary>
    public string? ObservedRequest { get; init; }

    /// <summary>All that the gateway shall take now.</summary>
    public ImmutableArray<KeyHash> Hashes =>
    [
        new() { Sha256 = GeneratedKey.Sha256(Current.Text) },
        .. Next is null ? ImmutableArray<KeyHash>.Empty : [new() { Sha256 = GeneratedKey.Sha256(Next.Text) }],
        .. Previous is null ? ImmutableArray<KeyHash>.Empty : [Previous],
    ];

    /// <summary>Null where the Secret holds no key of ours under the name.</summary>
    public static StoredKey? Read(Secret secret, string key)
    {
        if (GeneratedKey.Parse(secret.Read(key)) is not { } current)
            return null;
        var annotations = secret.Metadata.Annotations;
        return new()
        {
            Current = current,
            CreatedTime = Time(annotations.GetValueOrDefault(CreatedAnnotation)),
            Next = GeneratedKey.Parse(secret.Read(key + NextSuffix)),
            Previous = annotations.GetValueOrDefault(PreviousAnnotation) is { } hash
                && Time(annotations.GetValueOrDefault(PreviousExpirationAnnotation)) is { } end
                ? new() { Sha256 = hash, ExpirationTime = end }
                : null,
            ObservedRequest = annotations.GetValueOrDefault(ResourceGroup.RotateAnnotation),
        };
    }

    /// <summary>The Secret that says this, in place of what the given one says of it.</summary>
    public Secret WriteTo(Secret secret, string key)
    {
        var values = Values(key);
        return secret with
        {
            Metadata = secret.Metadata with { Annotations = Merge(secret.Metadata.Annotations, Annotations(key)) },
            Data = secret.Data.RemoveRange(values.Keys),
            StringData = Merge(secret.StringData, values),
        };
    }

    /// <summary>All annotations that speak of the key, where it has this name in the Secret; null: it is not there.</summary>
    public ImmutableSortedDictionary<string, string?> Annotations(string key) => Map(
        (NameAnnotation, key),
        (CreatedAnnotation, Text(CreatedTime)),
        (PreviousAnnotation, Previous?.Sha256),
        (PreviousExpirationAnnotation, Text(Previous?.ExpirationTime)),
        (ResourceGroup.RotateAnnotation, ObservedRequest));

    /// <summary>The values of the Secret that are ours, where the key has this name in it; null: it is not there.</summary>
    public ImmutableSortedDictionary<string, string?> Values(string key) => Map((key, Current.Text), (key + NextSuffix, Next?.Text));

    /// <summary>The name in the Secret that the key was written under last; null: nobody wrote it down.</summary>
    public static string? NameIn(Secret secret) => secret.Metadata.Annotations.GetValueOrDefault(NameAnnotation);

    /// <summary>The names in the Secret that are ours, where the key has this name in it.</summary>
    public static ImmutableArray<string> Names(string key) => [key, key + NextSuffix];

    private static ImmutableSortedDictionary<string, string?> Map(params ReadOnlySpan<(string Name, string? Value)> entries)
    {
        var map = ImmutableSortedDictionary.CreateBuilder<string, string?>(StringComparer.Ordinal);
        foreach (var (name, value) in entries)
            map.Add(name, value);
        return map.ToImmutable();
    }

    private static ImmutableSortedDictionary<string, string> Merge(
        ImmutableSortedDictionary<string, string> map, ImmutableSortedDictionary<string, string?> entries)
    {
        var merged = map.ToBuilder();
        foreach (var (name, value) in entries)
        {
            if (value is null)
                merged.Remove(name);
            else
                merged[name] = value;
        }

        return merged.ToImmutable();
    }

    private static string? Text(DateTimeOffset? time) => time?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    /// <summary>Null where the text is no time, or one that no rotation can be counted from: anybody may have written it.</summary>
    private static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
        && time.Year is >= FirstYear and <= LastYear
            ? time
            : null;
}
