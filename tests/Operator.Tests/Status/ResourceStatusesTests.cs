using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Operator.Api;
using Operator.Status;
using Operator.Translate;
using Support;
using YamlDotNet.Serialization;

namespace Operator.Tests.Status;

public sealed class ResourceStatusesTests
{
    private static readonly string s_cases = Path.Combine(GoldenFile.RepositoryRoot, "tests/Operator.Tests/Status/cases");

    public static TheoryData<string> Cases() => [.. Directory.GetDirectories(s_cases).Select(path => Path.GetFileName(path)!).Order()];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Of_Case_GivesItsStatusesAndColumns(string name)
    {
        var folder = Path.Combine(s_cases, name);

        var inputs = StatusCase.Read(folder);

        var text = Text(ResourceStatuses.Of(inputs), inputs.Now);
        GoldenFile.Difference(Path.Combine(folder, "expected.yaml"), text).ShouldBeNull();
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void An_object_whose_status_says_the_same_stays_the_instance_that_it_is(string name)
    {
        var inputs = StatusCase.Read(Path.Combine(s_cases, name));
        var first = ResourceStatuses.Of(inputs with { Now = inputs.Now.AddSeconds(-1) });
        var settled = inputs with { Inputs = StatusCase.Continue(inputs.Inputs, first) };

        var again = ResourceStatuses.Of(settled);

        foreach (var (before, after) in Objects(settled.Inputs).Zip(Objects(again)))
            ReferenceEquals(before, after).ShouldBe(Json(before) == Json(after), before.Id());
        Text(again, inputs.Now).ShouldBe(Text(ResourceStatuses.Of(settled), inputs.Now));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_came_out_the_last_time_changes_nothing_of_what_comes_out_now(string name)
    {
        var inputs = StatusCase.Read(Path.Combine(s_cases, name));
        var last = ResourceStatuses.Of(inputs);
        var now = inputs with { Inputs = StatusCase.Continue(inputs.Inputs, last), Now = inputs.Now.AddMinutes(1) };
        var settled = ResourceStatuses.Of(now, last);
        var next = now with { Inputs = inputs.Inputs with { Routes = settled.Routes, Keys = settled.Keys, Budgets = settled.Budgets } };
        StatusInputs[] later =
        [
            now,
            next,
            next with { Pods = [] },
            next with { Config = null },
            next with { Counters = [.. next.Counters.Select(c => c with { Settled = c.Limit })] },
            next with { Translation = Translator.Translate(next.Inputs with { Routes = [], Secrets = [] }) with { Verdicts = [.. next.Translation.Verdicts.Select(Refused)] } },
        ];

        foreach (var inputsThen in later)
            Text(ResourceStatuses.Of(inputsThen, settled), now.Now).ShouldBe(Text(ResourceStatuses.Of(inputsThen), now.Now));
    }

    private static Verdict Refused(Verdict of) => of with { Accepted = new(ConditionStatus.False, ConditionReasons.Rejected, "no") };

    private static IEnumerable<KubernetesObject> Objects(TranslateInputs of) => [.. of.Routes, .. of.Keys, .. of.Budgets];

    private static IEnumerable<KubernetesObject> Objects(ResourceStatuses of) => [.. of.Routes, .. of.Keys, .. of.Budgets];

    private static string Json(KubernetesObject of) => JsonSerializer.Serialize(of, of.GetType(), ApiJson.Options);

    private static string Text(ResourceStatuses statuses, DateTimeOffset now)
    {
        var text = new StringBuilder();
        Add(text, [statuses.Gateway], now);
        Add(text, statuses.Routes, now);
        Add(text, statuses.Keys, now);
        Add(text, statuses.Budgets, now);
        return text.ToString();
    }

    /// <summary>The table as a comment, then each status.</summary>
    private static void Add<T>(StringBuilder text, IReadOnlyList<T> objects, DateTimeOffset now)
        where T : KubernetesObject
    {
        if (objects.Count == 0)
            return;
        foreach (var row in ResourceTable.Render(objects, now).TrimEnd('\n').Split('\n'))
            text.Append("# ").Append(row.TrimEnd()).Append('\n');
        foreach (var o in objects)
        {
            var status = JsonSerializer.SerializeToNode(o, ApiJson.Options)!["status"]!;
            text.Append("---\n").Append(new Serializer().Serialize(new Dictionary<string, object?> { [$"{o.Kind} {o.Id()}"] = Plain(status) }));
        }
    }

    /// <summary>Each condition in one line, so that it is read in one glance.</summary>
    private static object? Plain(JsonNode? node) => node switch
    {
        JsonObject o when o.ContainsKey("lastTransitionTime") =>
            $"{o["type"]}={o["status"]} {o["reason"]} at generation {o["observedGeneration"]} since {o["lastTransitionTime"]}: {o["message"]}",
        JsonObject o => o.Where(m => m.Key != "hash").ToDictionary(m => m.Key, m => Plain(m.Value)),
        JsonArray list => list.Select(Plain).ToList(),
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        _ => node?.ToJsonString(),
    };
}
