using Operator.Api;

namespace Operator.Kubernetes;

/// <summary>Which object of a kind; the namespace is empty where the kind has none.</summary>
internal readonly record struct ObjectKey(string Namespace, string Name)
{
    public static ObjectKey Of(KubernetesObject of) => new(of.Metadata.Namespace, of.Metadata.Name);

    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}
