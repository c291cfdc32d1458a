using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Contract;
using Operator.Api;
using Operator.Translate;
using Support;

namespace Operator.Tests.Translate;

public sealed class TranslatorTests
{
    private static readonly string s_cases = Path.Combine(GoldenFile.RepositoryRoot, "tests/Operator.Tests/Translate/cases");
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    public static TheoryData<string> Cases() => [.. Directory.GetDirectories(s_cases).Select(path => Path.GetFileName(path)!).Order()];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Translate_Case_GivesItsConfigAndFindings(string name)
    {
        var folder = Path.Combine(s_cases, name);

        var translation = Translator.Translate(TranslationCase.Read(folder));

        GoldenFile.Difference(Path.Combine(folder, "config.json"), Text(translation.Config)).ShouldBeNull();
        GoldenFile.Difference(Path.Combine(folder, "findings.txt"), Text(translation)).ShouldBeNull();
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Translate_SameResourcesInAnotherOrder_GiveTheSameConfigAndFindings(string name)
    {
        var inputs = TranslationCase.Read(Path.Combine(s_cases, name));
        var reversed = inputs with
        {
            Routes = [.. inputs.Routes.Reverse()],
            Keys = [.. inputs.Keys.Reverse()],
            Budgets = [.. inputs.Budgets.Reverse()],
            Secrets = [.. inputs.Secrets.Reverse()],
            Namespaces = [.. inputs.Namespaces.Reverse()],
        };

        var one = Translator.Translate(inputs);
        var other = Translator.Translate(reversed);

        Text(other.Config).ShouldBe(Text(one.Config));
        other.Findings.ShouldBe(one.Findings);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Translate_AnyCase_PassesTheValidatorOfTheContract(string name)
    {
        if (Translator.Translate(TranslationCase.Read(Path.Combine(s_cases, name))).Config is { } config)
            SnapshotValidator.Validate(config with { Revision = 1 }).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Translate_WhatWasValidIsGivenBack_NothingChanges(string name)
    {
        var inputs = TranslationCase.Read(Path.Combine(s_cases, name));
        var once = Translator.Translate(inputs);

        var twice = Translator.Translate(inputs with { LastValid = once.LastValid });

        Text(twice.Config).ShouldBe(Text(once.Config));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Translate_AnyCase_SaysNothingOfWhatSecretsHold(string name)
    {
        var inputs = TranslationCase.Read(Path.Combine(s_cases, name));
        var said = Text(Translator.Translate(inputs));

        foreach (var value in inputs.Secrets.SelectMany(s => s.StringData.Values).Where(v => v.Length > 0))
            said.ShouldNotContain(value);
    }

    [Fact]
    public void What_only_the_validator_of_the_contract_finds_keeps_its_last_valid_version_and_hurts_no_other()
    {
        var inputs = TranslationCase.Read(Path.Combine(s_cases, "everything"));
        var good = Translator.Translate(inputs);
        var broken = inputs with { Routes = [.. inputs.Routes.Select((r, i) => i == 0 ? WithModel(r, "a*b") : r)], LastValid = good.LastValid };

        var translation = Translator.Translate(broken);

        Text(translation.Config).ShouldBe(Text(good.Config));
        translation.LastValid.Routes[inputs.Routes[0].Id()].ShouldBe(inputs.Routes[0]);
        var findings = translation.Findings.Where(f => f.Severity == Severity.Error).Select(f => $"{f.Object.Name} {f.Field}: {f.Message}");
        findings.ShouldBe(
        [
            $"{inputs.Routes[0].Metadata.Name} spec.model: `a*b` must be a name with at most one `*`, at its start or end",
            $"{inputs.Routes[0].Metadata.Name} : generation 1 stays in force",
        ]);
    }

    [Fact]
    public void What_only_the_validator_of_the_contract_finds_in_a_new_object_leaves_it_out()
    {
        var inputs = TranslationCase.Read(Path.Combine(s_cases, "everything"));
        var bad = WithModel(inputs.Routes[0], "a*b");
        bad = bad with { Metadata = bad.Metadata with { Name = "new" }, Spec = bad.Spec with { Aliases = [] } };

        var translation = Translator.Translate(inputs with { Routes = [.. inputs.Routes, bad] });

        Text(translation.Config).ShouldBe(Text(Translator.Translate(inputs).Config));
        translation.LastValid.Routes.Keys.ShouldNotContain("default/new");
    }

    private static ModelRoute WithModel(ModelRoute route, string model) => route with
    {
        Metadata = route.Metadata with { Generation = 2 },
        Spec = route.Spec with { Model = model },
    };

    private static string Text(ConfigSnapshot? config) =>
        (config is null ? "null" : JsonNode.Parse(JsonSerializer.Serialize(config, ContractJson.Default.ConfigSnapshot))!.ToJsonString(s_indented)) + "\n";

    private static string Text(Translation translation)
    {
        var text = new StringBuilder();
        foreach (var f in translation.Findings)
        {
            text.Append($"{f.Severity}: {f.Object.Kind} {f.Object.Id()}: {f.ConditionType}={f.Status} {f.Reason}\n");
            text.Append($"    {(f.Field.Length == 0 ? "" : f.Field + ": ")}{f.Message}\n");
        }

        text.Append(translation.Findings.IsEmpty ? "" : "\n");
        foreach (var v in translation.Verdicts)
        {
            text.Append($"{v.Object.Kind} {v.Object.Id()}: {(v.CarriedGeneration is { } g ? $"carried as of generation {g}" : "not carried")}");
            text.Append($"{(v.IsPaused ? ", paused" : "")}, Accepted={Short(v.Accepted)}, ResolvedRefs={Short(v.ResolvedRefs)}");
            text.Append(v.Priced is { } priced ? $", Priced={Short(priced)}\n" : "\n");
        }

        if (translation.NextChange is { } next)
            text.Append(CultureInfo.InvariantCulture, $"\nnext change by itself: {next.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}\n");
        return text.ToString();
    }

    private static string Short(Judgement judgement) =>
        judgement.Status == ConditionStatus.True && judgement.Message.Length == 0 ? "True" : $"{judgement.Status} ({judgement.Reason})";
}
