using System.Reflection;

namespace Gateway.Metrics;

/// <summary>Which release a program is of. Its number stands in <c>Directory.Build.props</c>; a build of an image says its own.</summary>
public static class BuildInfo
{
    /// <summary>As <c>1.2.3</c>.</summary>
    public static string VersionOf(Assembly program) =>
        program.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>Shows it, by the custom of Prometheus' own programs: always 1, with the version as a label.</summary>
    /// <param name="registry">Where.</param>
    /// <param name="name">Of the metric.</param>
    /// <param name="program">The program.</param>
    public static void Register(MetricRegistry registry, string name, Assembly program)
    {
        var version = VersionOf(program);
        registry.Observe(
            MetricKind.Gauge, name, MetricUnit.One, "Always 1; the release that runs.", ["version"], () => [new Sample(1, version)]);
    }
}
