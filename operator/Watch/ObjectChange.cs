using Operator.Api;
using Operator.Kubernetes;

namespace Operator.Watch;

/// <summary>
/// An object was made, has changed, or is gone. A hint to look again, not a record of all that happened: between two of them more may have
/// happened.
/// </summary>
/// <param name="Key">Which.</param>
/// <param name="Before">As it was known before; null: not at all.</param>
/// <param name="After">As it is now; null: gone. The same as before where it has become unreadable.</param>
internal sealed record ObjectChange<T>(ObjectKey Key, T? Before, T? After)
    where T : KubernetesObject;
