using System.Collections.Immutable;
using System.Text.Json;
using Gateway.Contract;

namespace Operator.Push;

/// <summary>A config with its revision and hash, and the text that is sent: written once, however many pods there are.</summary>
internal sealed class StampedConfig
{
    /// <summary>Stamps the revision; the hash is what the content says.</summary>
    public StampedConfig(ConfigSnapshot config, long revision)
        : this(revision, new(config))
    {
    }

    private StampedConfig(long revision, HashedConfig config)
    {
        Snapshot = config.Snapshot with { Revision = revision, Hash = config.Hash };
        var head = JsonSerializer.SerializeToUtf8Bytes(new { revision, hash = config.Hash });
        Json = [.. new JsonText().Add(head.AsSpan()[..^1]).Add(","u8).ToImmutable(), .. config.Members];
    }

    public ConfigSnapshot Snapshot { get; }

    /// <summary>The pieces that make up the whole text.</summary>
    public ImmutableArray<JsonPiece> Json { get; }

    public long Revision => Snapshot.Revision;

    public string Hash => Snapshot.Hash;

    /// <summary>The same for a config whose hash has been asked for already.</summary>
    public static StampedConfig Of(HashedConfig config, long revision) => new(revision, config);
}
