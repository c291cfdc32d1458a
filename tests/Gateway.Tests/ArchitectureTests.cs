using System.Reflection;
using System.Text.RegularExpressions;
using Gateway.Contract;
using Gateway.Metrics;
using Gateway.Server.Hosting;
using Gateway.Server.Stores;
using Support;

namespace Gateway.Tests;

/// <summary>The folders of the gateway know of each other what gateway/README.md says, and no more.</summary>
public sealed partial class ArchitectureTests
{
    private const string Root = "Gateway.Server";

    private static readonly string[] s_clients = [".Stores", ".Budget.Postgres", ".Budget.Redis"];

    private static readonly Assembly s_server = typeof(GatewayProcess).Assembly;

    [Fact]
    public void Folders_KnowOfEachOtherWhatTheReadmeSays() => Known().ShouldBe(Allowed());

    [Theory]
    [InlineData(typeof(ConfigSnapshot))]
    [InlineData(typeof(MetricRegistry))]
    public void WhatIsSharedWithTheOperator_ReferencesNothingButTheFramework(Type shared) =>
        shared.Assembly.GetReferencedAssemblies()
            .Select(a => a.Name!)
            .ShouldAllBe(n => n.StartsWith("System.", StringComparison.Ordinal));

    [Fact]
    public void Server_ReferencesWhatIsSharedTheFrameworkAndTheClientsOfDatabases() =>
        s_server.GetReferencedAssemblies().Select(a => a.Name!).Where(n => !IsFramework(n))
            .ShouldBe(["Gateway.Contract", "Gateway.Metrics", "Npgsql"], ignoreOrder: true);

    [Fact]
    public void ClientsOfDatabases_AreNamedByTheirProbesAndTiersOnly() => s_server.GetTypes()
        .Where(t => !s_clients.Any(n => CodeReferences.IsUnder(t.Namespace, Root + n)))
        .Where(t => CodeReferences.Of(t).SelectMany(CodeReferences.Types)
            .Any(n => n.Assembly.GetName().Name is "Npgsql" || n.Name is nameof(RedisConnection)))
        .ShouldBeEmpty();

    [Fact]
    public void PureFolders_NameNoClientClockLoggerOrRandomness()
    {
        string[] pure = [Root + ".Metering", Root + ".Routing", Root + ".Providers.OpenAI", Root + ".Providers.Anthropic"];
        var types = s_server.GetTypes().Where(t => pure.Any(p => CodeReferences.IsUnder(t.Namespace, p))).ToList();

        types.Count.ShouldBeGreaterThan(10);
        Purity.Breaches(types).ShouldBeEmpty();
    }

    [Fact]
    public void Contract_IsPure() => Purity.Breaches(typeof(ConfigSnapshot).Assembly.GetTypes()).ShouldBeEmpty();

    /// <summary>One line for each folder: <c>Auth: Config Errors</c>.</summary>
    private static List<string> Known() =>
    [
        .. s_server.GetTypes()
            .Where(t => FolderOf(t) is not null)
            .GroupBy(t => FolderOf(t)!, StringComparer.Ordinal)
            .Select(folder => Line(
                folder.Key,
                folder.SelectMany(CodeReferences.Of).SelectMany(CodeReferences.Types).Select(FolderOf).OfType<string>()))
            .Order(StringComparer.Ordinal),
    ];

    private static List<string> Allowed() =>
    [
        .. File.ReadLines(Path.Combine(GoldenFile.RepositoryRoot, "gateway", "README.md"))
            .SkipWhile(l => !l.StartsWith("| folder | knows |", StringComparison.Ordinal))
            .Skip(2)
            .TakeWhile(l => l.StartsWith('|'))
            .Select(l => l.Split('|'))
            .Select(cells => Line(Word().Match(cells[1]).Value, Word().Matches(cells[2]).Select(m => m.Value)))
            .Order(StringComparer.Ordinal),
    ];

    private static string Line(string folder, IEnumerable<string> known) =>
        $"{folder}: {string.Join(' ', known.Where(k => k != folder).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))}";

    /// <summary>Null outside of the server, and for what stands in no folder.</summary>
    private static string? FolderOf(Type type) =>
        type.Assembly == s_server && type.Namespace is { } name && name.StartsWith(Root + ".", StringComparison.Ordinal)
            ? name.Split('.')[2]
            : null;

    private static bool IsFramework(string name) =>
        name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("Microsoft.", StringComparison.Ordinal);

    [GeneratedRegex("[A-Z][A-Za-z]+", RegexOptions.None, 1000)]
    private static partial Regex Word();
}
