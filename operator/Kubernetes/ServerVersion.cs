using System.Globalization;

namespace Operator.Kubernetes;

/// <summary>
/// What an API server says that it is, at <c>/version</c>.
/// https://pkg.go.dev/k8s.io/apimachinery/pkg/version#Info
/// </summary>
/// <param name="Release">Major and minor version; null where it says something else than numbers.</param>
/// <param name="Text">In full, as <c>v1.34.2+k3s1</c>.</param>
internal sealed record ServerVersion(Version? Release, string Text)
{
    /// <summary>The members of the answer. Of a build that is more than the release, the minor one ends with <c>+</c>.</summary>
    public static ServerVersion Of(string? major, string? minor, string? full) =>
        int.TryParse(major, NumberStyles.None, CultureInfo.InvariantCulture, out var majorNumber)
        && int.TryParse(minor?.TrimEnd('+'), NumberStyles.None, CultureInfo.InvariantCulture, out var minorNumber)
            ? new(new(majorNumber, minorNumber), full ?? $"v{major}.{minor}")
            : new(null, full ?? "");
}
