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

        return text.ToString();
    }

    private static string Short(Judgement judgement) =>
        judgement.Status == ConditionStatus.True && judgement.Message.Length == 0 ? "True" : $"{judgement.Status} ({judgement.Reason})";
}
