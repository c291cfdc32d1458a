using Operator.Api;

namespace Operator.Standalone.State;

/// <summary>
/// What standalone mode keeps between two runs: generated keys, and for each gateway its identity, revision and, in <c>data/</c>, what the
/// gateway process itself keeps (its last good config and the journal of its spend). One operator at a time.
/// </summary>
internal sealed class StateFolder : IDisposable
{
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
    public GatewayState Of(LlmGateway gateway) =>
        new(Path.Combine(_path, "gateways", gateway.Metadata.Namespace, gateway.Metadata.Name));
}
