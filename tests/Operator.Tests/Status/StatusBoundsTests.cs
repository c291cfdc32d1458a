using System.Collections.Immutable;
using System.Text.Json;
using Gateway.Contract;
using Operator.Api;
using Operator.Api.Schema;
using Operator.Push;
using Operator.Status;
using Operator.Translate;

namespace Operator.Tests.Status;

/// <summary>A status that breaks its schema is refused as a whole, again and again.</summary>
public sealed class StatusBoundsTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void However_much_there_is_to_say_the_statuses_fit_their_schema()
    {
        var statuses = Judge(keys: 2000, problem: string.Concat(Enumerable.Repeat("\U0001F4A5", 40_000)), annotation: new('x', 10_000));

        Problems(statuses.Gateway.Status!).ShouldBeEmpty();
        Problems(statuses.Keys[0].Status!).ShouldBeEmpty();
        Problems(statuses.Budgets[0].Status!).ShouldBeEmpty();
        statuses.Gateway.Status!.LaggingPods[0].Reason.ShouldEndWith("\U0001F4A5…");
        statuses.Budgets[0].Status!.Conditions.First(c => c.Type == ConditionTypes.Exceeded).Message.ShouldContain("default/key-0, ");
    }

    private static ResourceStatuses Judge(int keys, string problem, string annotation)
    {
        var all = Enumerable.Range(0, keys).Select(i => new VirtualKey { Metadata = Meta($"key-{i}"), Spec = KeySpec }).ToImmutableArray();
        var budget = new Budget
        {
            Metadata = Meta("budget"),
            Spec = new()
            {
                GatewayRef = KeySpec.GatewayRef,
                Scope = new() { Gateway = new() },
                Limit = new() { Tokens = 1 },
                Period = BudgetPeriod.Daily,
                Aggregation = BudgetAggregation.PerKey,
            },
        };
        var inputs = new TranslateInputs
        {
            Gateway = new() { Metadata = Meta("main"), Spec = new() },
            Now = s_now,
            Keys = all,
            Budgets = [budget],
            KeyMaterial = all.ToImmutableDictionary(
                k => k.Id(),
                k => new KeyMaterial { KeyId = k.Metadata.Name, Hashes = [], ObservedRotateAnnotation = annotation }),
        };
        var translation = Translator.Translate(inputs);
        return ResourceStatuses.Of(new()
        {
            Inputs = inputs,
            Translation = translation,
            Config = new StampedConfig(translation.Config!, 1).Snapshot,
            Pods = [new() { Name = "pod-0", IsReady = true, HasRefused = true, Problem = problem }],
            Counters =
            [
                .. all.Select(k => new BudgetCounter { Budget = budget.Id(), Key = k.Id(), Limit = 1, Settled = 2, Reserved = 0 }),
            ],
            CountersTime = s_now,
            Durable = new(ConditionStatus.True, ConditionReasons.Durable, ""),
            Now = s_now,
        });
    }

    private static VirtualKeySpec KeySpec => new() { GatewayRef = new() { Name = "main" }, Models = ["*"] };

    private static ImmutableArray<FieldProblem> Problems<TStatus>(TStatus status) =>
        SchemaValidator.Validate(JsonSerializer.SerializeToElement(status, ApiJson.Options), SchemaReader.Read(typeof(TStatus)));

    private static ObjectMeta Meta(string name) => new() { Name = name, Namespace = "default", Uid = name, Generation = 1 };
}
