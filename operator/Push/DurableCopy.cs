using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;
using Operator.Children;
using Operator.Kubernetes;
using Operator.Translate;
using Operator.Watch;

namespace Operator.Push;

/// <summary>
/// The acknowledged config of one gateway in Secrets, for pods that start while nobody pushes, and the versions of the objects in it, for
/// an operator that starts.
/// </summary>
/// <remarks>
/// The idle set is written first and the index last, so at each moment the index names a whole set. The lease keeps two operators from
/// writing at once; if they do all the same, the checksum tells, and a damaged copy is not taken.
/// </remarks>
internal sealed class DurableCopy(KubernetesClient client, ConfigIndex index, LlmGateway gateway)
{
    /// <summary>What was sent need not come back.</summary>
    private static readonly ResourceType<PartialObjectMetadata> s_slots = ResourceTypes.Secrets.MetadataOnly();

    /// <summary>The slots that count, and their versions when they were known to be right.</summary>
    private Dictionary<string, string?> _slots = [];

    /// <summary>What was found not to fit last: to find that again takes seconds.</summary>
    private (string Hash, DurableWrite.TooLarge Outcome)? _tooLarge;

    /// <summary>
    /// Whether somebody else may have changed or deleted a part of it since it was written or read. False while what is seen is only
    /// behind.
    /// </summary>
    /// <param name="version">The version that the metadata of a Secret of this name shows; null: there is none.</param>
    public bool IsTouched(Func<string, string?> version) =>
        _slots.Append(new(ChildNames.ConfigIndex(gateway.Metadata.Name), index.Version))
            .Any(p => version(p.Key) is not { } now || (now != p.Value && !ResourceVersions.IsOlder(now, p.Value)));

    /// <summary>Makes it this config. One that is there already costs one read.</summary>
    /// <param name="config">Acknowledged by a pod, or with no pod to ask.</param>
    /// <param name="lastValid">The versions that it was translated from.</param>
    /// <param name="cancellation">Leaves the former copy, or this one.</param>
    public Task<DurableWrite> WriteAsync(StampedConfig config, LastValidVersions lastValid, CancellationToken cancellation) =>
        WriteAsync(config, lastValid, isWhole: true, cancellation);

    /// <summary>Makes it this config again where what is there is not whole.</summary>
    /// <inheritdoc cref="WriteAsync(StampedConfig, LastValidVersions, CancellationToken)"/>
    public async Task<DurableWrite> RepairAsync(StampedConfig config, LastValidVersions lastValid, CancellationToken cancellation) =>
        await ReadAsync(cancellation) switch
        {
            DurableRead.Failed failed => new DurableWrite.Failed(failed.Failure),
            DurableRead.Found => await WriteAsync(config, lastValid, isWhole: true, cancellation),
            _ => await WriteAsync(config, lastValid, isWhole: false, cancellation),
        };

    private async Task<DurableWrite> WriteAsync(
        StampedConfig config, LastValidVersions lastValid, bool isWhole, CancellationToken cancellation)
    {
        if (_tooLarge is { } known && known.Hash == config.Hash)
            return known.Outcome;
        DurableContent? content = null;
        int? written = null;
        for (var attempt = 1; ; attempt++)
        {
            // 1. What is there?
            var read = await index.ReadAsync(cancellation);
            if (!read.IsSuccess)
                return new DurableWrite.Failed(read.Failure);
            var copy = OfThisGateway(read.Value);
            var isThis = copy?.Revision == config.Revision && copy.Hash == config.Hash;
            if (isThis && isWhole)
                return new DurableWrite.Written(config.Revision);
            if (!isThis && copy?.Revision >= config.Revision)
                return new DurableWrite.Superseded(copy.Revision);

            // 2. The idle set.
            content ??= DurableContent.Of(config, lastValid);
            if (content.Bytes.Length > DurableIndex.SetBytes)
            {
                var tooLarge = new DurableWrite.TooLarge(content.Bytes.Length);
                _tooLarge = (config.Hash, tooLarge);
                return tooLarge;
            }

            var set = copy is { Set: 0 } ? 1 : 0;
            if (written != set && await WriteSlotsAsync(set, content, cancellation) is { } slotFailure)
                return new DurableWrite.Failed(slotFailure);
            written = set;

            // 3. The index.
            if (await index.WriteAsync(read.Value, content.IndexOf(config.Snapshot, set), cancellation) is not { } failure)
                return new DurableWrite.Written(config.Revision);
            if (!ConfigIndex.IsRace(failure) || attempt == ConfigIndex.MaxAttempts)
                return new DurableWrite.Failed(failure);
        }
    }

    /// <summary>What was written last.</summary>
    public async Task<DurableRead> ReadAsync(CancellationToken cancellation)
    {
        var read = await index.ReadAsync(cancellation);
        if (!read.IsSuccess)
            return new DurableRead.Failed(read.Failure);
        if (OfThisGateway(read.Value) is not { } copy)
            return new DurableRead.Missing();

        var slots = await Task.WhenAll(Enumerable.Range(0, copy.Slots).Select(s => ReadSlotAsync(copy.Set, s, cancellation)));
        if (slots.Select(s => s.Failure).FirstOrDefault(f => f is { Reason: not ApiFailureReason.NotFound }) is { } failure)
            return new DurableRead.Failed(failure);
        index.Version = read.Value.ResourceVersion;
        _slots = slots.Where(s => s.IsSuccess).ToDictionary(s => s.Value!.Metadata.Name, s => s.Value!.Metadata.ResourceVersion);
        var parts = slots.Select(s => s.Value?.Data.GetValueOrDefault(PodVolumes.SlotKey)).ToList();
        return copy.TryJoin(parts, out var bytes, out var problem)
            ? DurableContent.Read(bytes, copy)
            : new DurableRead.Damaged(problem);
    }

    /// <summary>What an earlier gateway of the same name left, or somebody wrote by hand, is none.</summary>
    private DurableIndex? OfThisGateway(IndexContent read) =>
        read.Copy is { } copy && copy.Gateway == gateway.Metadata.Uid ? copy : null;

    private async Task<ApiFailure?> WriteSlotsAsync(int set, DurableContent content, CancellationToken cancellation)
    {
        var versions = new Dictionary<string, string?>();
        foreach (var (slot, part) in DurableIndex.Split(content.Bytes).Index())
        {
            var name = ChildNames.ConfigSlot(gateway.Metadata.Name, set, slot);
            var secret = ConfigIndex.SecretOf(gateway, name, PodVolumes.SlotKey, part);
            var options = new ApplyOptions { FieldManager = ConfigIndex.FieldManager };
            var applied = await client.ApplyAsync(s_slots, secret, options, cancellation);
            if (!applied.IsSuccess)
                return applied.Failure;
            versions[name] = applied.Value.Metadata.ResourceVersion;
        }

        _slots = versions;
        return null;
    }

    private Task<ApiOutcome<Secret>> ReadSlotAsync(int set, int slot, CancellationToken cancellation)
    {
        var key = new ObjectKey(gateway.Metadata.Namespace, ChildNames.ConfigSlot(gateway.Metadata.Name, set, slot));
        return client.GetAsync(ResourceTypes.Secrets, key, cancellation);
    }
}

/// <summary>What became of a write of the durable copy. A closed set.</summary>
internal abstract record DurableWrite
{
    /// <summary>It is this config, now or already.</summary>
    public sealed record Written(long Revision) : DurableWrite;

    /// <summary>It is a newer one, or another of the same revision: somebody else leads.</summary>
    public sealed record Superseded(long Revision) : DurableWrite;

    /// <summary>The config does not fit, and what was there stays there. Pods have it all the same.</summary>
    public sealed record TooLarge(int Bytes) : DurableWrite
    {
        /// <summary>For a condition.</summary>
        public string Message => FormattableString.Invariant(
            $"the config has {Bytes} bytes compressed, Secrets keep {DurableIndex.SetBytes}: pods that start without a push get an older one");
    }

    /// <summary>The API server did not take it; what was there stays there.</summary>
    public sealed record Failed(ApiFailure Failure) : DurableWrite;
}

/// <summary>What the durable copy holds. A closed set.</summary>
internal abstract record DurableRead
{
    /// <summary>The config and the versions that it was translated from.</summary>
    public sealed record Found(ConfigSnapshot Config, LastValidVersions LastValid) : DurableRead;

    /// <summary>Nothing has been written for this gateway.</summary>
    public sealed record Missing : DurableRead;

    /// <summary>What is there is not what was written.</summary>
    public sealed record Damaged(string Problem) : DurableRead;

    /// <summary>The API server did not say.</summary>
    public sealed record Failed(ApiFailure Failure) : DurableRead;
}
