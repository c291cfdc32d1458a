using System.Reflection;
using Operator.Api;
using Operator.Api.Schema;
using Support;

namespace Operator.Tests.Translate.Checks;

/// <summary>Every rule that the API server evaluates has its twin here: some golden case shows its message.</summary>
public sealed class RuleTwinTests
{
    /// <summary>Transition rules need the object as it was before, which only an API server has.</summary>
    private static readonly string[] s_onlyOnUpdate = [RuleMessages.Immutable];

    [Fact]
    public void EveryCelRule_IsBrokenInSomeCase()
    {
        var cases = Path.Combine(GoldenFile.RepositoryRoot, "tests/Operator.Tests/Translate/cases");
        var findings = string.Join('\n', Directory.GetFiles(cases, "findings.txt", SearchOption.AllDirectories).Select(File.ReadAllText));

        Rules().Select(r => r.Message).Except(s_onlyOnUpdate).Where(m => !findings.Contains(m, StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public void EveryMessage_BelongsToARule()
    {
        var messages = typeof(RuleMessages).GetFields().Select(f => (string)f.GetValue(null)!).ToList();

        messages.Except(Rules().Select(r => r.Message)).ShouldBeEmpty();
        Rules().Select(r => r.Message).Except(messages).ShouldBeEmpty();
    }

    private static IEnumerable<CelRuleAttribute> Rules() => typeof(LlmGateway).Assembly.GetTypes()
        .Where(t => t.Namespace == typeof(LlmGateway).Namespace)
        .SelectMany(t => t.GetCustomAttributes<CelRuleAttribute>().Concat(t.GetProperties().SelectMany(p => p.GetCustomAttributes<CelRuleAttribute>())));
}
