using Operator.Api;

namespace Operator.Translate;

/// <summary>What a resource may read of the Secrets of its namespace.</summary>
internal static class SecretReading
{
    /// <summary>Types that are made for others than applications: reading them would lend their power to whoever may write a route.</summary>
    private static readonly string[] s_refusedTypes =
    [
        "kubernetes.io/service-account-token",
        "bootstrap.kubernetes.io/token",
        "helm.sh/release.v1",
        "kubernetes.io/dockerconfigjson",
        "kubernetes.io/dockercfg",
    ];

    /// <returns>Null when it cannot be read: why has been reported.</returns>
    public static string? Read(KubernetesObject reader, SecretKeyReference reference, string field, Workbook work)
    {
        var id = $"{reader.Metadata.Namespace}/{reference.Name}";
        var secret = work.Inputs.Secrets.FirstOrDefault(s => s.Id() == id);
        if (secret is null)
        {
            work.Unresolved(reader, ConditionReasons.SecretNotFound, field, $"There is no Secret {id}. Create it with the key `{reference.Key}`.");
            return null;
        }

        if (s_refusedTypes.Contains(secret.Type) || IsOperators(secret))
        {
            work.Unresolved(reader, ConditionReasons.SecretNotAllowed, field, $"The Secret {id} is not for use by resources like this one.");
            return null;
        }

        if (secret.Read(reference.Key) is { Length: > 0 } value)
            return value;
        work.Unresolved(reader, ConditionReasons.SecretKeyMissing, field, $"The Secret {id} has no key `{reference.Key}`, or an empty one.");
        return null;
    }

    private static bool IsOperators(Secret secret) =>
        secret.Metadata.OwnerReferences.Any(o => o.ApiVersion.StartsWith(ResourceGroup.Name + "/", StringComparison.Ordinal));
}
