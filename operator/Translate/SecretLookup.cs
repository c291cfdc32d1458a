using System.Collections.Frozen;
using System.Collections.Immutable;
using Operator.Api;

namespace Operator.Translate;

/// <summary>Resolves references to Secrets, and refuses those that nobody may use.</summary>
/// <param name="secrets">Those that are there.</param>
/// <param name="unreadable">Why others could not be read, by id; null: there are none.</param>
internal sealed class SecretLookup(ImmutableArray<Secret> secrets, ImmutableDictionary<string, string>? unreadable = null)
{
    /// <summary>Secrets that prove the identity of pods, nodes and releases, or that Docker reads.</summary>
    private static readonly FrozenSet<string> s_refusedTypes = new[]
    {
        "kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token", "helm.sh/release.v1",
        "kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg",
    }.ToFrozenSet(StringComparer.Ordinal);

    private readonly FrozenDictionary<string, Secret> _secrets =
        secrets.DistinctBy(s => s.Id(), StringComparer.Ordinal).ToFrozenDictionary(s => s.Id(), StringComparer.Ordinal);

    /// <summary>The value without white space around it, or why there is none. Messages name the Secret, never what it holds.</summary>
    public (string? Value, SecretProblem? Problem) Find(string @namespace, SecretKeyReference reference)
    {
        var (value, problem) = FindText(@namespace, reference);
        if (value?.Length > 16_384 || value?.Any(c => c is < ' ' or > '~') == true)
        {
            return Problem(
                ConditionReasons.SecretValueInvalid,
                "key",
                $"`{reference.Key}` of the Secret `{reference.Name}` must be one line of printable ASCII characters");
        }

        return (value, problem);
    }

    /// <inheritdoc cref="Find"/>
    /// <remarks>Of any length and of any number of lines.</remarks>
    public (string? Value, SecretProblem? Problem) FindText(string @namespace, SecretKeyReference reference)
    {
        var id = $"{@namespace}/{reference.Name}";
        if (!_secrets.TryGetValue(id, out var secret) && unreadable?.GetValueOrDefault(id) is { } why)
            return Problem(ConditionReasons.SecretUnreadable, "name", $"the Secret `{reference.Name}` cannot be read: {why}");
        if (secret is null)
            return Problem(ConditionReasons.SecretNotFound, "name", $"there is no Secret `{reference.Name}` in namespace `{@namespace}`");
        if (s_refusedTypes.Contains(secret.Type))
            return Problem(ConditionReasons.SecretNotAllowed, "name", $"Secrets of type `{secret.Type}` may not be used");
        if (IsOfOperator(secret))
            return Problem(ConditionReasons.SecretNotAllowed, "name",
                $"the Secret `{reference.Name}` belongs to the operator and may not be used");
        if (secret.Read(reference.Key) is not { } text)
            return Problem(ConditionReasons.SecretKeyMissing, "key", $"the Secret `{reference.Name}` has no key `{reference.Key}`");
        var value = text.Trim();
        return value.Length == 0
            ? Problem(ConditionReasons.SecretKeyMissing, "key", $"`{reference.Key}` of the Secret `{reference.Name}` is empty")
            : (value, null);
    }

    private static bool IsOfOperator(Secret secret) =>
        secret.Metadata.OwnerReferences.Any(o => o.ApiVersion.StartsWith(ResourceGroup.Name + "/", StringComparison.Ordinal))
        || secret.Metadata.Labels.GetValueOrDefault("app.kubernetes.io/managed-by") == ResourceGroup.Name;

    private static (string?, SecretProblem?) Problem(string reason, string member, string message) => (null, new(reason, member, message));
}

/// <summary>Why a reference to a Secret cannot be followed.</summary>
/// <param name="Reason">See <see cref="ConditionReasons"/>.</param>
/// <param name="Member">The member of the reference at fault.</param>
/// <param name="Message">Holds no secrets.</param>
internal sealed record SecretProblem(string Reason, string Member, string Message);
