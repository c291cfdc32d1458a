using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Support.Cluster;

/// <summary>
/// A volume of a pod as a folder. Files of Secrets change all at once, as a kubelet changes them: they are links into <c>..data</c>, which
/// is itself a link that is replaced. https://kubernetes.io/docs/tasks/configure-pod-container/configure-projected-volume-storage/
/// </summary>
internal sealed class PodVolume(JsonObject volume, string folder, Func<string, JsonObject?> secret)
{
    private const string Current = "..data";

    private int _writes;
    private string? _written;
    private (string Version, TimeSpan Since)? _due;

    /// <summary>Where its files are.</summary>
    public string Folder => folder;

    /// <summary>
    /// Brings the files to what the Secrets say, once they have said so for <paramref name="delay"/>; the first time at once.
    /// </summary>
    /// <returns>False where a Secret, or a key of one, that is not optional is missing: the pod cannot start.</returns>
    public bool Sync(TimeSpan now, TimeSpan delay)
    {
        var sources = Sources();
        if (sources.IsEmpty)
        {
            Directory.CreateDirectory(folder);
            return true;
        }

        var version = string.Join(' ', sources.Select(s => $"{s.Name}={(string?)secret(s.Name)?["metadata"]!["uid"]}/{(string?)secret(s.Name)?["metadata"]!["resourceVersion"]}"));
        if (version == _written)
            return true;
        if (_due?.Version != version)
            _due = (version, now);
        if (_written is not null && now - _due.Value.Since < delay)
            return true;
        if (Files(sources) is not { } files)
            return false;
        Write(files);
        _written = version;
        return true;
    }

    private System.Collections.Immutable.ImmutableArray<(string Name, bool IsOptional, JsonArray? Items)> Sources() => volume switch
    {
        _ when volume["secret"] is JsonObject own => [Source(own, "secretName")],
        _ when volume["projected"]?["sources"] is JsonArray several => [.. several.Select(s => Source((JsonObject)s!["secret"]!, "name"))],
        _ => [],
    };

    private static (string Name, bool IsOptional, JsonArray? Items) Source(JsonObject source, string name) =>
        ((string)source[name]!, (bool?)source["optional"] ?? false, source["items"] as JsonArray);

    private Dictionary<string, byte[]>? Files(IEnumerable<(string Name, bool IsOptional, JsonArray? Items)> sources)
    {
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (name, isOptional, items) in sources)
        {
            var data = secret(name)?["data"] as JsonObject;
            if (data is null && !isOptional)
                return null;
            foreach (var (key, path) in items?.Select(i => ((string)i!["key"]!, (string)i["path"]!)) ?? data?.Select(d => (d.Key, d.Key)) ?? [])
            {
                if ((string?)data?[key] is { } value)
                    files[path] = Convert.FromBase64String(value);
                else if (!isOptional)
                    return null;
            }
        }

        return files;
    }

    private void Write(Dictionary<string, byte[]> files)
    {
        var next = Path.Combine(folder, $"..{++_writes}");
        Directory.CreateDirectory(next);
        foreach (var (path, content) in files)
            File.WriteAllBytes(Path.Combine(next, path), content);
        var link = Path.Combine(folder, "..data_tmp");
        File.CreateSymbolicLink(link, Path.GetFileName(next));
        if (Rename(link, Path.Combine(folder, Current)) != 0)
            throw new IOException($"{link} cannot be renamed: error {Marshal.GetLastPInvokeError()}");
        foreach (var shown in Directory.GetFileSystemEntries(folder).Select(Path.GetFileName).Where(n => !n!.StartsWith("..", StringComparison.Ordinal)))
        {
            if (!files.ContainsKey(shown!))
                File.Delete(Path.Combine(folder, shown!));
        }

        foreach (var path in files.Keys.Where(p => new FileInfo(Path.Combine(folder, p)).LinkTarget is null))
            File.CreateSymbolicLink(Path.Combine(folder, path), Path.Combine(Current, path));
        if (_writes > 1)
            Directory.Delete(Path.Combine(folder, $"..{_writes - 1}"), recursive: true);
    }

    /// <summary>Replaces a link to a folder, which no method of File or Directory does.</summary>
    [DllImport("libc", EntryPoint = "rename", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Rename(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string from, [MarshalAs(UnmanagedType.LPUTF8Str)] string to);
}
