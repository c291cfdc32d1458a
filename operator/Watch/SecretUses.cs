using Operator.Api;
using Operator.Children;
using Operator.Kubernetes;

namespace Operator.Watch;

/// <summary>Which Secrets matter to which gateways. Pure. Of the thousands of Secrets of a cluster no other is ever read.</summary>
internal sealed record SecretUses
{
    /// <summary>Gateways by the Secret that they or their objects name.</summary>
    public required ILookup<ObjectKey, ObjectKey> Gateways { get; init; }

    public static SecretUses Of(IEnumerable<LlmGateway> gateways, IEnumerable<ModelRoute> routes, IEnumerable<VirtualKey> keys) => new()
    {
        Gateways = gateways.SelectMany(OfGateway).Concat(routes.SelectMany(OfRoute)).Concat(keys.SelectMany(OfKey))
            .Distinct()
            .ToLookup(u => u.Secret, u => u.Gateway),
    };

    /// <summary>What Postgres, Redis and TLS are reached and secured with, and alerts signed.</summary>
    public static IEnumerable<(ObjectKey Secret, ObjectKey Gateway)> OfGateway(LlmGateway gateway) =>
        StoreSecrets.Of(gateway.Spec).Select(r => r.Name)
            .Append(gateway.Spec.Tls?.SecretRef.Name)
            .Append(gateway.Spec.Alerts?.Webhook?.SecretRef.Name)
            .OfType<string>()
            .Select(name => (new ObjectKey(gateway.Metadata.Namespace, name), ObjectKey.Of(gateway)));

    /// <summary>The credentials of its targets.</summary>
    public static IEnumerable<(ObjectKey Secret, ObjectKey Gateway)> OfRoute(ModelRoute route) =>
        from target in route.Spec.Targets
        where target.Credentials is not null
        from gateway in route.Spec.GatewayRefs
        select (Beside(route, target.Credentials!.SecretRef.Name), Beside(route, gateway.Name));

    /// <summary>The key that a user brought, or the Secret that the operator makes.</summary>
    public static IEnumerable<(ObjectKey Secret, ObjectKey Gateway)> OfKey(VirtualKey key)
    {
        var reference = key.Spec.GatewayRef;
        var gateway = new ObjectKey(reference.Namespace ?? key.Metadata.Namespace, reference.Name);
        yield return (Beside(key, key.Spec.ValueFrom?.SecretRef.Name ?? key.SecretName()), gateway);
    }

    private static ObjectKey Beside(KubernetesObject of, string name) => new(of.Metadata.Namespace, name);
}
