using System.Collections.Immutable;
using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Gateway.Contract;
using Operator.Api;
using Operator.Push;
using Operator.Translate;

namespace Operator.Tests.Push;

public sealed class DurableContentTests
{
    [Fact]
    public void Many_versions_are_read_as_they_were_written_but_for_status_and_labels()
    {
        var config = Configs.Revision(3);
        var lastValid = Versions(500);

        var content = DurableContent.Of(config, lastValid);
        var found = DurableContent.Read(content.Bytes, content.IndexOf(config.Snapshot, 0)).ShouldBeOfType<DurableRead.Found>();

        found.Config.Hash.ShouldBe(config.Hash);
        found.LastValid.Gateway!.Metadata.Labels.ShouldBe(lastValid.Gateway!.Metadata.Labels);
        found.LastValid.Keys.Keys.ShouldBe(lastValid.Keys.Keys);
        found.LastValid.Keys.Values.ShouldAllBe(k => k.Status == null && k.Metadata.Labels.IsEmpty);
        found.LastValid.Keys.Values.Select(k => (k.Metadata.Uid, k.Metadata.Generation, k.Spec.Models[0]))
            .ShouldBe(lastValid.Keys.Values.Select(k => (k.Metadata.Uid, k.Metadata.Generation, k.Spec.Models[0])));
    }

    [Fact]
    public void A_version_that_changed_is_not_kept_as_it_was()
    {
        var before = Versions(500);
        DurableContent.Of(Configs.Revision(3), before);
        var changed = before.Keys["default/key-250"] with { Spec = before.Keys["default/key-250"].Spec with { Models = ["changed"] } };

        var config = Configs.Revision(4);
        var content = DurableContent.Of(config, before with { Keys = before.Keys.SetItem("default/key-250", changed).Remove("default/key-100") });
        var found = DurableContent.Read(content.Bytes, content.IndexOf(config.Snapshot, 1)).ShouldBeOfType<DurableRead.Found>();

        found.Config.Revision.ShouldBe(4);
        found.LastValid.Keys.Count.ShouldBe(499);
        found.LastValid.Keys["default/key-250"].Spec.Models.ShouldBe(["changed"]);
    }

    /// <summary>So former builds wrote it.</summary>
    [Fact]
    public void A_copy_of_two_gzip_members_is_read()
    {
        var config = Configs.Revision(3);
        var snapshot = Zip(JsonSerializer.SerializeToUtf8Bytes(config.Snapshot, ContractJson.Default.ConfigSnapshot));
        var content = new DurableContent
        {
            Bytes = [.. snapshot, .. Zip(JsonSerializer.SerializeToUtf8Bytes(Versions(2), ApiJson.Options))],
            SnapshotBytes = snapshot.Length,
        };

        var found = DurableContent.Read(content.Bytes, content.IndexOf(config.Snapshot, 0)).ShouldBeOfType<DurableRead.Found>();

        found.Config.Revision.ShouldBe(3);
        found.LastValid.Keys.Count.ShouldBe(2);
    }

    /// <summary>3 MiB of Secrets can hold gigabytes of zeros.</summary>
    [Fact]
    public void A_copy_that_unpacks_to_more_than_a_snapshot_may_have_is_damaged()
    {
        var config = Configs.Revision(3);
        var bomb = Zip(new byte[DurableIndex.MaxUnzippedBytes + 1]);
        var content = new DurableContent { Bytes = bomb, SnapshotBytes = bomb.Length };

        DurableContent.Read(bomb, content.IndexOf(config.Snapshot, 0))
            .ShouldBeOfType<DurableRead.Damaged>().Problem.ShouldContain("more than 67108864 bytes");
    }

    private static LastValidVersions Versions(int keys)
    {
        var labels = ImmutableSortedDictionary<string, string>.Empty.Add("team", "a");
        return new()
        {
            Gateway = new() { Metadata = new() { Name = "main", Namespace = "default", Labels = labels }, Spec = new() },
            Keys = Enumerable.Range(0, keys)
                .Select(i => string.Create(CultureInfo.InvariantCulture, $"key-{i}"))
                .Select(name => new VirtualKey
                {
                    Metadata = new() { Name = name, Namespace = "default", Uid = name, Generation = 2, Labels = labels },
                    Spec = new() { GatewayRef = new() { Name = "main" }, Models = [name] },
                    Status = new() { KeyId = name },
                })
                .ToImmutableSortedDictionary(k => k.Id(), k => k, StringComparer.Ordinal),
        };
    }

    private static byte[] Zip(byte[] json)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest))
            gzip.Write(json);
        return zipped.ToArray();
    }
}
