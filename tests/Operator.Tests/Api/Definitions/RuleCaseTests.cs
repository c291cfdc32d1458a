using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Operator.Api;
using Operator.Api.Schema;
using Operator.Translate.Checks;
using Support;

namespace Operator.Tests.Api.Definitions;

/// <summary>Every rule that an API server evaluates (CEL) has its twin here, which says the same of the same objects.</summary>
public sealed class RuleCaseTests
{
    /// <summary>Transition rules need the object as it was before, which only an API server has.</summary>
    private static readonly string[] s_onlyOnUpdate = [RuleMessages.Immutable, RuleMessages.SecretNameImmutable];

    public static TheoryData<string> Cases => [.. RuleCase.Names()];

    [Theory]
    [MemberData(nameof(Cases))]
    public void An_object_that_a_rule_lets_through_has_no_problem(string name) =>
        Problems(RuleCase.Read(name).Accepted).ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Cases))]
    public void An_object_that_a_rule_refuses_is_refused_here_with_the_same_words(string name)
    {
        var rule = RuleCase.Read(name);

        var problems = Problems(rule.Refused);

        if (s_onlyOnUpdate.Contains(rule.Message))
            problems.ShouldBeEmpty();
        else
            problems.ShouldContain(p => p.Field == rule.Field && p.Message.EndsWith(rule.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_rule_of_every_kind_has_a_case()
    {
        var shown = RuleCase.Names().Select(RuleCase.Read).Select(c => (c.Kind, c.Message)).ToHashSet();

        var rules = AllDefinitions.All.SelectMany(d => RulesOf(d.Value).Select(message => (d.Key, message)));

        rules.Where(r => !shown.Contains(r)).ShouldBeEmpty();
    }

    [Fact]
    public void Every_message_belongs_to_a_rule()
    {
        var messages = typeof(RuleMessages).GetFields().Select(f => (string)f.GetValue(null)!);

        messages.Except(AllDefinitions.All.Values.SelectMany(RulesOf)).ShouldBeEmpty();
    }

    private static ImmutableArray<FieldProblem> Problems(string manifest)
    {
        var result = Manifests.Read(manifest).Single();
        return result.Object is { } resource ? FieldChecks.Check(resource, allowLoopback: false) : result.Problems;
    }

    private static IEnumerable<string> RulesOf(JsonObject definition) => AllDefinitions.Nodes(definition)
        .SelectMany(n => n.Schema["x-kubernetes-validations"]?.AsArray() ?? [])
        .Select(r => r!["message"]!.GetValue<string>());
}
