using System.Reflection;

namespace Support;

/// <summary>
/// What pure code does not name: no client, file, clock, randomness, logger, environment, and nothing that waits. What it needs comes in as
/// a value.
/// </summary>
public static class Purity
{
    private static readonly string[] s_bannedNamespaces =
    [
        "System.Net.Http",
        "System.Net.Sockets",
        "System.IO",
        "System.Threading.Tasks",
        "Microsoft.Extensions",
        "Microsoft.AspNetCore",
        "YamlDotNet",
    ];

    private static readonly string[] s_bannedTypes =
    [
        "System.TimeProvider", "System.Random", "System.Security.Cryptography.RandomNumberGenerator", "System.Console",
        "System.Diagnostics.Stopwatch", "System.Diagnostics.Process",
    ];

    private static readonly string[] s_bannedMembers =
    [
        "System.DateTime.get_Now", "System.DateTime.get_UtcNow", "System.DateTimeOffset.get_Now", "System.DateTimeOffset.get_UtcNow",
        "System.Guid.NewGuid", "System.Guid.CreateVersion7",
        "System.Environment.GetEnvironmentVariable", "System.Environment.get_TickCount", "System.Environment.get_TickCount64",
    ];

    /// <summary>True where pure code may not name the member.</summary>
    public static bool Forbids(MemberInfo member)
    {
        var type = member as Type ?? member?.DeclaringType;
        return s_bannedMembers.Contains(CodeReferences.FullName(member!))
            || s_bannedTypes.Contains(type?.FullName)
            || s_bannedNamespaces.Any(n => CodeReferences.IsUnder(type?.Namespace, n));
    }

    /// <summary>Each breach as <c>type names member</c>.</summary>
    /// <param name="types">The pure ones.</param>
    /// <param name="allowed">Namespaces or full names that these types may name all the same.</param>
    public static IEnumerable<string> Breaches(IEnumerable<Type> types, params string[] allowed) =>
        types.SelectMany(t => CodeReferences.Of(t)
            .Where(m => Forbids(m) && !allowed.Any(a => CodeReferences.IsUnder(CodeReferences.FullName(m), a)))
            .Select(m => $"{t.FullName} names {CodeReferences.FullName(m)}")).Distinct();
}
