using System.Text.Json;
using Gateway.Contract;

namespace Operator.Push;

/// <summary>A config with its revision and hash, and the bytes that are sent: serialized once, however many pods there are.</summary>
internal sealed class StampedConfig
{
    /// <summary>Stamps the revision; the hash is what the content says.</summary>
    public StampedConfig(ConfigSnapshot config, long revision)
    {
        Snapshot = CanonicalJson.WithHash(config with { Revision = revision });
        Body = JsonSerializer.SerializeToUtf8Bytes(Snapshot, ContractJson.Default.ConfigSnapshot);
    }

    public ConfigSnapshot Snapshot { get; }

    public ReadOnlyMemory<byte> Body { get; }

    public long Revision => Snapshot.Revision;

    public string Hash => Snapshot.Hash;
}
