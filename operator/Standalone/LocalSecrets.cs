using System.Collections.Immutable;
using Operator.Api;

namespace Operator.Standalone;

/// <summary>Where a <c>secretRef</c> leads without a cluster: to a Secret of the folder, else to an environment variable.</summary>
internal static class LocalSecrets
{
    /// <summary>The Secrets of the folder, with what the environment adds for those references that they do not answer.</summary>
    public static ImmutableArray<Secret> Resolve(
        IEnumerable<LocalSecretUse> uses, ImmutableArray<Secret> folder, Func<string, string?> environment)
    {
        var secrets = folder.ToDictionary(s => s.Id());
        foreach (var use in uses)
        {
            var secret = secrets.GetValueOrDefault(use.SecretId)
                ?? new() { Metadata = new() { Name = use.Reference.Name, Namespace = use.Namespace } };
            if (secret.Read(use.Reference.Key) is { Length: > 0 } || environment(Variable(use.Reference)) is not { Length: > 0 } value)
                continue;
            secrets[use.SecretId] = secret with { StringData = secret.StringData.SetItem(use.Reference.Key, value) };
        }

        return [.. secrets.Values.OrderBy(s => s.Id(), StringComparer.Ordinal)];
    }

    /// <summary><c>openai</c>/<c>api-key</c> is <c>OPENAI_API_KEY</c>.</summary>
    public static string Variable(SecretKeyReference reference) =>
        string.Concat($"{reference.Name}_{reference.Key}".Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToUpperInvariant(c) : '_'));

    /// <summary>What a gateway without pods needs: the key of its webhook.</summary>
    public static IEnumerable<LocalSecretUse> UsesOf(LlmGateway gateway) =>
        gateway.Spec.Alerts?.Webhook is { } webhook ? [new(gateway.Metadata.Namespace, webhook.SecretRef)] : [];

    /// <summary>What routes refer to.</summary>
    public static IEnumerable<LocalSecretUse> UsesOf(ModelRoute route) => route.Spec.Targets
        .Select(t => t.Credentials?.SecretRef)
        .OfType<SecretKeyReference>()
        .Select(r => new LocalSecretUse(route.Metadata.Namespace, r));

    /// <summary>What keys refer to.</summary>
    public static IEnumerable<LocalSecretUse> UsesOf(VirtualKey key) =>
        key.Spec.ValueFrom is { } from ? [new(key.Metadata.Namespace, from.SecretRef)] : [];
}

/// <summary>A reference to a key of a Secret.</summary>
/// <param name="Namespace">Of the object that refers, and so of the Secret.</param>
/// <param name="Reference">What it names.</param>
internal sealed record LocalSecretUse(string Namespace, SecretKeyReference Reference)
{
    public string SecretId => $"{Namespace}/{Reference.Name}";
}
