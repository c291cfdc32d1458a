namespace Operator.Api;

/// <summary>A namespace, as far as it is read here: its name and labels.</summary>
internal sealed record Namespace() : KubernetesObject("v1", "Namespace");
