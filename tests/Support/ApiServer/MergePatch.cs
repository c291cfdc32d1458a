using System.Text.Json.Nodes;

namespace Support.ApiServer;

/// <summary>JSON merge patch: https://www.rfc-editor.org/rfc/rfc7396</summary>
public static class MergePatch
{
    /// <summary>Changes the target.</summary>
    public static void Apply(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null)
                target.Remove(name);
            else if (value is JsonObject inner)
                Apply(target[name] as JsonObject ?? Add(target, name), inner);
            else
                target[name] = value.DeepClone();
        }
    }

    private static JsonObject Add(JsonObject target, string name)
    {
        var added = new JsonObject();
        target[name] = added;
        return added;
    }
}
