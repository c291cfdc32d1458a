using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.Contract;
using Operator.Api;
using Operator.Api.Schema;
using Operator.Standalone.Manifests;
using Operator.Translate;

namespace Operator.Tests.Translate;

/// <summary>
/// The folder of a case: <c>input.yaml</c> holds the resources of one gateway; a document of <c>kind: Case</c> says what is not a manifest.
/// <c>before.yaml</c>, where there is one, is translated first, and what was valid then is the last valid version.
/// </summary>
internal static class TranslationCase
{
    public static TranslateInputs Read(string folder)
    {
        var before = Path.Combine(folder, "before.yaml");
        var inputs = Parse(File.ReadAllText(Path.Combine(folder, "input.yaml")), generation: File.Exists(before) ? 2 : 1);
        if (!File.Exists(before))
            return inputs;
        var earlier = Translator.Translate(Parse(File.ReadAllText(before), generation: 1));
        return inputs with { LastValid = earlier.LastValid };
    }

    /// <summary>What the document of <c>kind: Case</c> says; null where there is none.</summary>
    public static JsonNode? Settings(string yaml) => Documents(yaml).FirstOrDefault(IsSettings);

    /// <summary>The resources; those that do not name a generation get this one.</summary>
    public static TranslateInputs Parse(string yaml, long generation)
    {
        var settings = Settings(yaml);
        var objects = Documents(yaml).Where(d => !IsSettings(d)).Select(d => Typed(d, generation)).ToList();
        var keys = objects.OfType<VirtualKey>().ToImmutableArray();
        var notMade = settings?["notMade"]?.AsArray().Select(n => (string)n!).ToHashSet() ?? [];
        return new()
        {
            Gateway = objects.OfType<LlmGateway>().Single(),
            Now = DateTimeOffset.Parse((string?)settings?["now"] ?? "2026-11-01T00:00:00Z", CultureInfo.InvariantCulture),
            Routes = [.. objects.OfType<ModelRoute>()],
            Keys = keys,
            Budgets = [.. objects.OfType<Budget>()],
            Secrets = [.. objects.OfType<Secret>()],
            Namespaces = [.. objects.OfType<Namespace>()],
            SeesNamespaces = (bool?)settings?["seesNamespaces"] ?? true,
            KeyMaterial = keys.Where(k => !notMade.Contains(k.Id())).ToImmutableDictionary(k => k.Id(), k => Material(k, settings)),
            KeyProblems = (settings?["keyProblems"]?.AsObject() ?? []).ToImmutableDictionary(
                p => p.Key, p => new KeyProblem((string)p.Value!["reason"]!, "spec.secret.name", (string)p.Value["message"]!)),
            Prices = s_prices,
            Refused = [.. (settings?["refused"]?.AsArray() ?? []).Select(r => Refused(r!))],
            IsCluster = !((bool?)settings?["standalone"] ?? false),
            AllowLoopbackUpstreams = (bool?)settings?["allowLoopback"] ?? false,
        };
    }

    private static IEnumerable<JsonNode> Documents(string yaml)
    {
        var parsed = YamlManifests.Parse(yaml);
        parsed.Error.ShouldBeNull();
        return parsed.Documents.Select(d => d.Json);
    }

    private static bool IsSettings(JsonNode document) => (string?)document["kind"] == "Case";

    private static KubernetesObject Typed(JsonNode manifest, long generation)
    {
        var read = ManifestReader.Read(manifest);
        read.Problems.ShouldBeEmpty();
        var typed = read.Object!;
        var metadata = typed.Metadata;
        return typed with
        {
            Metadata = metadata with
            {
                Uid = metadata.Uid.Length > 0 ? metadata.Uid : $"uid-of-{typed.Kind.ToLowerInvariant()}-{metadata.Name}",
                Generation = metadata.Generation > 0 ? metadata.Generation : generation,
            },
        };
    }

    private static KeyMaterial Material(VirtualKey key, JsonNode? settings)
    {
        var text = (string?)settings?["keys"]?[key.Id()] ?? key.Id();
        KeyHash hash = new() { Sha256 = Hash(text) };
        var previous = settings?["overlap"]?[key.Id()] is { } end
            ? new KeyHash { Sha256 = Hash(text + "-previous"), ExpirationTime = DateTimeOffset.Parse((string)end!, CultureInfo.InvariantCulture) }
            : null;
        return new() { KeyId = $"id-of-{key.Metadata.Name}", Hashes = previous is null ? [hash] : [hash, previous] };
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static RefusedVersion Refused(JsonNode node) => new()
    {
        Object = new()
        {
            Kind = (string)node["kind"]!,
            Namespace = (string?)node["namespace"] ?? "default",
            Name = (string)node["name"]!,
            Uid = $"uid-of-{((string)node["kind"]!).ToLowerInvariant()}-{(string)node["name"]!}",
            Generation = (long)node["generation"]!,
        },
        Field = (string?)node["field"] ?? "",
        Message = (string)node["message"]!,
    };

    private static readonly PriceTable s_prices = new()
    {
        Entries =
        [
            Entry(Provider.OpenAI, null, "gpt-5", "2026-01-01", 1.25m, 10m),
            Entry(Provider.OpenAI, null, "gpt-5", "2026-10-01", 1m, 8m),
            Entry(Provider.OpenAI, null, "gpt-5", "2027-01-01", 0.5m, 4m),
            Entry(Provider.OpenAI, null, "gpt-priced", "2026-01-01", 2m, 8m),
            Entry(Provider.OpenAI, null, "gpt-priced-2026-01-01", "2026-01-01", 2m, 8m),
            Entry(Provider.Anthropic, null, "claude-sonnet-4-5", "2026-01-01", 3m, 15m),
            Entry(Provider.OpenAICompatible, "api.groq.com", "llama-3.3-70b-versatile", "2026-01-01", 0.59m, 0.79m),
        ],
    };

    private static PriceEntry Entry(Provider provider, string? host, string model, string from, decimal input, decimal output) => new()
    {
        Provider = provider,
        Host = host,
        Models = [model],
        EffectiveFrom = DateTimeOffset.Parse(from + "T00:00:00Z", CultureInfo.InvariantCulture),
        Price = PriceVersion.Stamp($"{provider}/{model}", new() { Name = "", Version = "", Rates = new() { Input = input, Output = output }, MaxOutputTokens = 64_000 }),
        Source = "made up",
        SourceDate = new(2026, 1, 1),
    };
}
