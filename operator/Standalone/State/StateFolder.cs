using Operator.Api;
using Operator.Kubernetes;

namespace Operator.Standalone.State;

/// <summary>
/// What standalone mode keeps between two runs: generated keys, and for each gateway its identity, revision and, in <c>data/</c>, what the
/// gateway process itself keeps (its last good config and the journal of its spend). One operator at a time.
/// </summary>
internal sealed class StateFolder : IDisposable
{
    private const string GatewaysName = "gateways";

    private readonly string _path;
    private readonly FileStream _lock;

    private StateFolder(string path, FileStream held)
    {
        _path = path;
        _lock = held;
        Keys = new(Path.Combine(path, "keys"));
    }

    /// <summary>Generated keys.</summary>
    public KeyFiles Keys { get; }

    /// <summary>Opens the folder, made where it is missing. Throws <see cref="IOException"/> where another operator holds it.</summary>
    public static StateFolder Open(string path)
    {
        var full = Path.GetFullPath(path);
        PrivateFile.MakeFolder(full);
        try
        {
            return new(full, new FileStream(Path.Combine(full, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException))
        {
            throw new IOException($"another operator uses the state folder {path}: stop it, or take another folder with --state", e);
        }
    }

    public void Dispose() => _lock.Dispose();

    /// <summary>The part of one gateway.</summary>
    public GatewayState Of(LlmGateway gateway) => Of(_path, ObjectKey.Of(gateway));

    /// <summary>The same, to look into while another process may hold the folder.</summary>
    public static GatewayState Of(string path, ObjectKey gateway) => new(Path.Combine(path, GatewaysName, gateway.Namespace, gateway.Name));

    /// <summary>Those that it has parts of, in the order of their names.</summary>
    public static IEnumerable<ObjectKey> Gateways(string path)
    {
        var folder = new DirectoryInfo(Path.Combine(path, GatewaysName));
        return !folder.Exists
            ? []
            : folder.GetDirectories()
                .SelectMany(ns => ns.GetDirectories().Select(g => new ObjectKey(ns.Name, g.Name)))
                .OrderBy(g => g.Namespace, StringComparer.Ordinal)
                .ThenBy(g => g.Name, StringComparer.Ordinal);
    }
}
