using System.Collections.Immutable;

namespace Operator.Standalone.Manifests;

/// <summary>The folder of manifests: its files, not those of folders below it, as <c>kubectl apply -f</c> takes them.</summary>
internal sealed class ManifestFolder(string path)
{
    private const long MaxFileBytes = 8 * 1024 * 1024;

    /// <summary>In the order of their names. A folder that is away has none.</summary>
    public ImmutableArray<ManifestFile> Read() => [.. Files().Select(Read)];

    /// <summary>Differs when a file has come, gone or changed.</summary>
    public string Stamp() =>
        string.Join('\n', Files().Select(f => $"{f.FullName} {f.LastWriteTimeUtc.Ticks} {(f.Exists ? f.Length : -1)}"));

    private IEnumerable<FileInfo> Files()
    {
        var folder = new DirectoryInfo(path);
        return folder.Exists ? folder.EnumerateFiles().Where(f => IsManifest(f.Name)).OrderBy(f => f.Name, StringComparer.Ordinal) : [];
    }

    /// <summary>Editors keep their own files beside: hidden ones, and ones with other endings.</summary>
    private static bool IsManifest(string name) =>
        name[0] is not ('.' or '#') && Path.GetExtension(name).ToLowerInvariant() is (".yaml" or ".yml" or ".json");

    private ManifestFile Read(FileInfo file)
    {
        var name = Path.Combine(path, file.Name);
        try
        {
            var target = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
            if (target.Length > MaxFileBytes)
                return new(name, null, $"is larger than {MaxFileBytes / 1024 / 1024} MiB");

            // An editor that writes in place empties the file first. To delete objects, delete the file. A pipe and a device say that they
            // are empty too: to open them would wait forever, or never come to an end.
            return target.Length > 0 ? new(name, File.ReadAllText(target.FullName)) : new(name, null, "is empty");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(name, null, e.Message);
        }
    }
}
