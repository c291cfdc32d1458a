using System.Collections.Immutable;
using System.Reflection;
using Operator.Api;
using Operator.Status;
using Support;

namespace Operator.Tests.Status;

/// <summary>The tables of operator/README.md say every condition, reason and event that users meet, and no other.</summary>
public sealed class DocumentedReasonsTests
{
    private static readonly string[] s_summaries = [ConditionTypes.Ready, ConditionTypes.Reconciling, ConditionTypes.Stalled];

    public static TheoryData<string> Cases() => ResourceStatusesTests.Cases();

    [Fact]
    public void Every_condition_is_documented() =>
        ReadmeTable.Rows("condition").Select(r => r[0].Trim('`')).ShouldBe(Constants(typeof(ConditionTypes)), ignoreOrder: true);

    [Fact]
    public void Every_reason_is_documented() =>
        Documented().Select(d => d.Reason).Distinct().ShouldBe(Constants(typeof(ConditionReasons)), ignoreOrder: true);

    [Fact]
    public void Every_event_is_documented() =>
        ReadmeTable.Rows("event").Select(r => r[0].Trim('`')).ShouldBe(Constants(typeof(EventReasons)), ignoreOrder: true);

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_condition_has_a_reason_that_is_documented_for_it(string @case)
    {
        var folder = Path.Combine(GoldenFile.RepositoryRoot, "tests/Operator.Tests/Status/cases", @case);
        var statuses = ResourceStatuses.Of(StatusCase.Read(folder));
        IEnumerable<ImmutableArray<Condition>> all =
        [
            statuses.Gateway.Status!.Conditions,
            .. statuses.Routes.Select(r => r.Status!.Conditions),
            .. statuses.Keys.Select(k => k.Status!.Conditions),
            .. statuses.Budgets.Select(b => b.Status!.Conditions),
        ];

        all.SelectMany(Own).Except(Documented()).ShouldBeEmpty();
    }

    /// <summary>Those that do not repeat the reason of a condition before them.</summary>
    private static IEnumerable<(string Condition, string Reason)> Own(ImmutableArray<Condition> conditions) => conditions
        .Where(c => !s_summaries.Contains(c.Type))
        .DistinctBy(c => c.Reason)
        .Select(c => ($"{c.Type}={c.Status}", c.Reason));

    private static IEnumerable<(string Condition, string Reason)> Documented() =>
    [
        .. ReadmeTable.Rows("condition").Where(r => r[3].StartsWith('`')).Select(r => ($"{r[0].Trim('`')}=True", r[3].Trim('`'))),
        .. ReadmeTable.Rows("reason").SelectMany(r => ReadmeTable.Names(r[1]).Select(c => (c, r[0].Trim('`')))),
    ];

    private static IEnumerable<string> Constants(Type type) =>
        type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => (string)f.GetRawConstantValue()!);
}
