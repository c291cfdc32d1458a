using System.Globalization;

namespace Operator.Watch;

/// <summary>
/// Which of two versions is older. Kubernetes says since 1.35 that they are numbers and may be compared, and has never used others.
/// https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
/// </summary>
internal static class ResourceVersions
{
    /// <summary>False too where one of them is no number: then nobody can tell.</summary>
    public static bool IsOlder(string? version, string? than) =>
        decimal.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var left)
        && decimal.TryParse(than, NumberStyles.None, CultureInfo.InvariantCulture, out var right)
        && left < right;
}
