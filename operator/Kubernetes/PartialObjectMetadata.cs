using Operator.Api;

namespace Operator.Kubernetes;

/// <summary>
/// Any object, of which the server sends only the metadata.
/// https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
/// </summary>
internal sealed record PartialObjectMetadata() : KubernetesObject("meta.k8s.io/v1", "PartialObjectMetadata");
