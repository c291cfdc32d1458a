using Gateway.Contract;

namespace Operator.Translate;

/// <summary>The order of objects in a config: by namespace, then by name, so that equal resources make an equal config.</summary>
internal static class ConfigOrder
{
    /// <summary>Below, at or above zero, as comparers say it.</summary>
    public static int Compare(ObjectReference a, ObjectReference b)
    {
        var byNamespace = string.CompareOrdinal(a.Namespace, b.Namespace);
        return byNamespace != 0 ? byNamespace : string.CompareOrdinal(a.Name, b.Name);
    }
}
