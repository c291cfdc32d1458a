using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Contract;
using Operator.Api;
using Operator.Push;
using Operator.Status;
using Operator.Tests.Translate;
using Operator.Translate;

namespace Operator.Tests.Status;

/// <summary>
/// The folder of a case: <c>input.yaml</c> holds the resources of one gateway, and in a document of <c>kind: Case</c> its pods, the
/// counters and the time. <c>before.yaml</c>, where there is one, is judged first: its statuses are those that the resources have, and what
/// was valid then is the last valid version.
/// </summary>
internal static class StatusCase
{
    public static StatusInputs Read(string folder)
    {
        var input = File.ReadAllText(Path.Combine(folder, "input.yaml"));
        var before = Path.Combine(folder, "before.yaml");
        if (!File.Exists(before))
            return Inputs(input, TranslationCase.Parse(input, generation: 1));
        var text = File.ReadAllText(before);
        var earlier = TranslationCase.Parse(text, generation: 1);
        var statuses = ResourceStatuses.Of(Inputs(text, earlier));
        return Inputs(input, Continue(TranslationCase.Parse(input, generation: 2), statuses) with { LastValid = Translator.Translate(earlier).LastValid });
    }

    /// <summary>The same resources, with the statuses that they have got.</summary>
    public static TranslateInputs Continue(TranslateInputs inputs, ResourceStatuses before) => inputs with
    {
        Gateway = inputs.Gateway.Id() == before.Gateway.Id() ? inputs.Gateway with { Status = before.Gateway.Status } : inputs.Gateway,
        Routes = [.. inputs.Routes.Select(r => r with { Status = before.Routes.FirstOrDefault(b => b.Id() == r.Id())?.Status })],
        Keys = [.. inputs.Keys.Select(k => k with { Status = before.Keys.FirstOrDefault(b => b.Id() == k.Id())?.Status })],
        Budgets = [.. inputs.Budgets.Select(g => g with { Status = before.Budgets.FirstOrDefault(b => b.Id() == g.Id())?.Status })],
    };

    private static StatusInputs Inputs(string yaml, TranslateInputs inputs)
    {
        var settings = TranslationCase.Settings(yaml);
        var translation = Translator.Translate(inputs);
        var revision = (long?)settings?["revision"] ?? 1;
        return new()
        {
            Inputs = inputs,
            Translation = translation,
            Config = translation.Config is { } config ? new StampedConfig(config, revision).Snapshot : null,
            Pods = [.. Items(settings, "pods").Select(Pod)],
            Counters = [.. Items(settings, "counters").Select(Counter)],
            UnreadBudgets = [.. Items(settings, "unread").Select(b => (string)b!)],
            CountersTime = settings?["counters"] is null ? null : inputs.Now,
            Url = "http://main.default.svc:4000",
            Durable = (bool?)settings?["durable"] ?? true
                ? new(ConditionStatus.True, ConditionReasons.Durable, "")
                : new(ConditionStatus.False, ConditionReasons.EphemeralStorage, "spend is counted on a volume that goes with the pod"),
            Now = inputs.Now,
        };
    }

    private static PodReport Pod(JsonNode pod) => new()
    {
        Name = (string)pod["name"]!,
        IsReady = (bool?)pod["ready"] ?? true,
        Revision = (long?)pod["revision"] ?? 0,
        AcknowledgedTime = pod["acknowledged"] is { } at ? Time((string)at!) : null,
        HasRefused = (bool?)pod["hasRefused"] ?? false,
        Problem = (string?)pod["problem"] ?? "",
        Stores = [.. Items(pod, "stores").Select(Store)],
    };

    private static StoreStatus Store(JsonNode store) => new()
    {
        Name = (string)store["name"]!,
        State = store["problem"] is null ? StoreState.Connected : StoreState.Unreachable,
        Since = DateTimeOffset.UnixEpoch,
        Message = (string?)store["problem"] ?? "",
    };

    private static BudgetCounter Counter(JsonNode counter) => new()
    {
        Budget = (string)counter["budget"]!,
        Key = (string?)counter["key"],
        PeriodStart = counter["start"] is { } start ? Time((string)start!) : null,
        PeriodEnd = counter["end"] is { } end ? Time((string)end!) : null,
        Limit = decimal.Parse((string)counter["limit"]!, CultureInfo.InvariantCulture),
        Settled = decimal.Parse((string)counter["settled"]!, CultureInfo.InvariantCulture),
        Reserved = 0,
    };

    private static IEnumerable<JsonNode> Items(JsonNode? settings, string name) => (settings?[name]?.AsArray() ?? []).Select(i => i!);

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
