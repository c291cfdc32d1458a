using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Operator.Api;
using Operator.Api.Schema;

namespace Operator.Status;

/// <summary>Objects of one kind as <c>kubectl get</c> prints them, by the printer columns of the kind.</summary>
internal static class ResourceTable
{
    /// <summary>Columns that change while nothing has happened.</summary>
    private static readonly ImmutableArray<string> s_restless = ["SPENT", "USED%", "AGE"];

    /// <summary>With a trailing newline; empty where there are no objects.</summary>
    public static string Render<T>(IReadOnlyList<T> objects, DateTimeOffset now)
        where T : KubernetesObject => TextTable.Lay(Cells(objects, now, _ => true));

    /// <summary>Differs when something has happened: the table without what spend and time move.</summary>
    public static string Fingerprint<T>(IReadOnlyList<T> objects)
        where T : KubernetesObject => TextTable.Lay(Cells(objects, default, c => !s_restless.Contains(c)));

    private static List<string[]> Cells<T>(IReadOnlyList<T> objects, DateTimeOffset now, Func<string, bool> wanted)
        where T : KubernetesObject
    {
        if (objects.Count == 0)
            return [];
        var columns = typeof(T).GetCustomAttributes<PrinterColumnAttribute>().Where(c => c.Priority == 0 && wanted(c.Name)).ToList();
        var hasNamespaces = objects.DistinctBy(o => o.Metadata.Namespace).Count() > 1;
        var hasAge = wanted("AGE");
        List<string[]> rows = [Row(hasNamespaces, "NAMESPACE", "NAME", columns.Select(c => c.Name), hasAge, "AGE")];
        foreach (var o in objects)
        {
            var json = JsonSerializer.SerializeToNode(o, ApiJson.Options);
            var cells = columns.Select(c => Text(JsonPath.Find(json, c.JsonPath)));
            rows.Add(Row(hasNamespaces, o.Metadata.Namespace, o.Metadata.Name, cells, hasAge, Age.Text(o.Metadata.CreationTimestamp, now)));
        }

        return rows;
    }

    private static string[] Row(bool hasNamespace, string ns, string name, IEnumerable<string> cells, bool hasAge, string age)
    {
        var row = cells.Prepend(name);
        if (hasNamespace)
            row = row.Prepend(ns);
        return [.. hasAge ? row.Append(age) : row];
    }

    private static string Text(JsonNode? node) => node switch
    {
        null => "",
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        _ => node.ToJsonString(),
    };
}
