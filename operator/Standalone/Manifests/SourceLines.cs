namespace Operator.Standalone.Manifests;

/// <summary>On which line of a file each field of an object stands.</summary>
/// <param name="lines">Of the whole document, by path.</param>
/// <param name="root">Path of the object in the document; empty where it is the document.</param>
internal sealed class SourceLines(IReadOnlyDictionary<string, int> lines, string root = "")
{
    /// <summary>Line of the object itself, from 1.</summary>
    public int First => Of("");

    /// <summary>The field's line; for one that is not there that of the nearest thing around it.</summary>
    /// <param name="field">As <c>spec.targets[1].baseURL</c>.</param>
    public int Of(string field)
    {
        var path = Join(field);
        while (path.Length > 0)
        {
            if (lines.TryGetValue(path, out var line))
                return line;
            path = path[..Math.Max(0, path.LastIndexOfAny(['.', '[']))];
        }

        return lines.GetValueOrDefault("", 1);
    }

    /// <summary>The lines of an object within this one.</summary>
    public SourceLines Under(string field) => new(lines, Join(field));

    private string Join(string field) => root.Length == 0 || field.Length == 0 ? root + field : $"{root}.{field}";
}
