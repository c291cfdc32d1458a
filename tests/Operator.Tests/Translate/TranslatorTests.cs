using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Contract;
using Operator.Api;
using Operator.Translate;
using Support;

namespace Operator.Tests.Translate;

/// <summary>
/// Golden: <c>cases/&lt;case&gt;/input.yaml</c>, with what was in force before in <c>before.yaml</c>, → <c>config.json</c> and
/// <c>findings.txt</c>.
/// </summary>
public sealed class TranslatorTests
{
    private static readonly string s_cases = Path.Combine(GoldenFile.RepositoryRoot, "tests", "Operator.Tests", "Translate", "cases");
    private static readonly DateTimeOffset s_now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string> Cases => [.. Directory.GetDirectories(s_cases).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Translate_Resources_GivesConfigAndFindings(string name)
    {
        var folder = Path.Combine(s_cases, name);
        var before = Path.Combine(folder, "before.yaml");
        var lastValid = File.Exists(before) ? Translator.Translate(Inputs(before, LastValidVersions.Empty)).LastValid : LastValidVersions.Empty;

        var translation = Translator.Translate(Inputs(Path.Combine(folder, "input.yaml"), lastValid));

        GoldenFile.Difference(Path.Combine(folder, "findings.txt"), Findings(translation)).ShouldBeNull();
        GoldenFile.Difference(Path.Combine(folder, "config.json"), Config(translation.Config)).ShouldBeNull();
    }

    [Fact]
    public void Translate_SameResourcesInAnotherOrder_GiveTheSameHash()
    {
        var inputs = Inputs(Path.Combine(s_cases, "everything", "input.yaml"), LastValidVersions.Empty);
        var reversed = inputs with
        {
            Routes = [.. inputs.Routes.Reverse()],
            Keys = [.. inputs.Keys.Reverse()],
            Budgets = [.. inputs.Budgets.Reverse()],
            Secrets = [.. inputs.Secrets.Reverse()],
        };

        var one = CanonicalJson.WithHash(Translator.Translate(inputs).Config!);
        var other = CanonicalJson.WithHash(Translator.Translate(reversed).Config!);

        other.Hash.ShouldBe(one.Hash);
    }

    [Fact]
    public void Translate_Everything_IsWhatTheGatewayTakes()
    {
        var config = Translator.Translate(Inputs(Path.Combine(s_cases, "everything", "input.yaml"), LastValidVersions.Empty)).Config!;

        SnapshotValidator.Validate(config with { Revision = 1 }).ShouldBeEmpty();
    }

    private static TranslateInputs Inputs(string file, LastValidVersions lastValid)
    {
        var objects = Manifests.Objects(File.ReadAllText(file));
        var keys = objects.OfType<VirtualKey>().ToImmutableArray();
        return new()
        {
            Gateway = objects.OfType<LlmGateway>().Single(),
            Now = s_now,
            Routes = [.. objects.OfType<ModelRoute>()],
            Keys = keys,
            Budgets = [.. objects.OfType<Budget>()],
            Secrets = [.. objects.OfType<Secret>()],
            Namespaces = [.. objects.OfType<Namespace>()],
            KeyMaterial = keys
                .Where(k => !k.Metadata.Annotations.ContainsKey("test/no-material"))
                .ToImmutableDictionary(k => k.Id(), k => new KeyMaterial { KeyId = "id-" + k.Metadata.Name, Hashes = [new() { Sha256 = Hash(k.Id()) }] }),
            Prices = Prices(),
            LastValid = lastValid,
        };
    }

    private static PriceTable Prices() => new()
    {
        Entries =
        [
            new()
            {
                Provider = Provider.OpenAI,
                Models = ["gpt-priced", "gpt-priced-2026-01-01"],
                EffectiveFrom = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
                Price = new() { Name = "OpenAI/gpt-priced@1", Version = "1", Rates = new() { Input = 2, Output = 8 } },
                Source = "https://example.com",
                SourceDate = new(2026, 1, 1),
            },
        ],
    };

    private static string Hash(string id) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(id)));

    private static string Config(ConfigSnapshot? config) =>
        config is null ? "none\n" : JsonNode.Parse(JsonSerializer.Serialize(config, ContractJson.Default.ConfigSnapshot))!.ToJsonString(s_indented) + "\n";

    private static string Findings(Translation translation)
    {
        var text = new StringBuilder();
        foreach (var f in translation.Findings)
            text.Append(CultureInfo.InvariantCulture, $"{f.Severity} {f.Object.Kind} {f.Object.Id()} {f.Field}\n  {f.ConditionType} {f.Reason}: {f.Message}\n");
        text.Append("verdicts\n");
        foreach (var v in translation.Verdicts)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {v.Object.Kind} {v.Object.Id()} carried={v.CarriedGeneration?.ToString(CultureInfo.InvariantCulture) ?? "none"}");
            Append(text, "Accepted", v.Accepted);
            Append(text, "ResolvedRefs", v.ResolvedRefs);
            Append(text, "Priced", v.Priced);
            text.Append('\n');
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, string type, Judgement? judgement)
    {
        if (judgement is not null)
            text.Append(CultureInfo.InvariantCulture, $" {type}={judgement.Status}/{judgement.Reason}");
    }
}
