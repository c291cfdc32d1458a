using Operator.Api;
using Operator.Kubernetes;

namespace Operator.Watch;

/// <summary>
/// What is kept of Secrets: a cluster has thousands that are nobody's here, with annotations as long as an object. Pure.
/// </summary>
internal static class KeptMetadata
{
    /// <summary>
    /// Which it is, in which version, whether it is being deleted, and which of our objects own it. No labels, no annotations. Texts that
    /// come back are shared as they are read (<see cref="SharedText"/>).
    /// </summary>
    public static PartialObjectMetadata OfSecret(PartialObjectMetadata secret) => new()
    {
        Metadata = new()
        {
            Name = secret.Metadata.Name,
            Namespace = secret.Metadata.Namespace,
            Uid = secret.Metadata.Uid,
            ResourceVersion = secret.Metadata.ResourceVersion,
            DeletionTimestamp = secret.Metadata.DeletionTimestamp,
            OwnerReferences = [.. secret.Metadata.OwnerReferences.Where(o => o.ApiVersion == ResourceGroup.ApiVersion)],
        },
    };
}
