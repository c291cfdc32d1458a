using System.Text.Json;
using Gateway.Contract;

namespace Contract.Tests;

public sealed class DurableIndexTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(DurableIndex.SlotBytes, 1)]
    [InlineData(DurableIndex.SlotBytes + 1, 2)]
    [InlineData(DurableIndex.SetBytes, DurableIndex.SlotsOfSet)]
    [InlineData(DurableIndex.SetBytes + 1, DurableIndex.SlotsOfSet + 1)]
    public void Content_is_cut_into_slots_and_joined_again(int length, int slots)
    {
        var content = Content(length);

        var parts = DurableIndex.Split(content);

        parts.Length.ShouldBe(slots);
        parts.ShouldAllBe(p => p.Length <= DurableIndex.SlotBytes);
        Index(content).TryJoin([.. parts.Select(p => p.ToArray())], out var joined, out _).ShouldBeTrue();
        joined!.AsSpan().SequenceEqual(content).ShouldBeTrue();
    }

    [Theory]
    [InlineData("missing", "slot a-1 is missing")]
    [InlineData("tampered", "the slots are not those that the index was written for")]
    [InlineData("of another copy", "the slots are not those that the index was written for")]
    [InlineData("exchanged", "the slots are not those that the index was written for")]
    public void Slots_that_are_not_those_of_the_index_are_refused(string how, string why)
    {
        var content = Content(2 * DurableIndex.SlotBytes);
        byte[]?[] parts = [.. DurableIndex.Split(content).Select(p => p.ToArray())];
        switch (how)
        {
            case "missing":
                parts[1] = null;
                break;
            case "tampered":
                parts[1]![7] ^= 1;
                break;
            case "of another copy":
                parts[1] = Content(DurableIndex.SlotBytes + 5)[..DurableIndex.SlotBytes];
                break;
            default:
                (parts[0], parts[1]) = (parts[1], parts[0]);
                break;
        }

        Index(content).TryJoin(parts, out var joined, out var problem).ShouldBeFalse();

        joined.ShouldBeNull();
        problem.ShouldBe(why);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(101)]
    public void A_snapshot_that_ends_outside_of_the_content_is_refused(int snapshotBytes)
    {
        var content = Content(100);

        (Index(content) with { SnapshotBytes = snapshotBytes }).TryJoin([content], out _, out var problem).ShouldBeFalse();

        problem.ShouldNotBeNull();
    }

    [Theory]
    [InlineData(0, 1, true)]
    [InlineData(1, 4, true)]
    [InlineData(2, 1, false)]
    [InlineData(-1, 1, false)]
    [InlineData(0, 0, false)]
    [InlineData(0, 5, false)]
    public void Only_sets_and_slots_that_there_are_make_sense(int set, int slots, bool isSane) =>
        (Index(Content(1)) with { Set = set, Slots = slots }).IsSane().ShouldBe(isSane);

    [Fact]
    public void The_index_is_written_as_pods_of_all_versions_read_it() =>
        JsonSerializer.Serialize(Index([1, 2, 3]), ContractJson.Default.DurableIndex).ShouldBe(
            """{"set":0,"slots":1,"gateway":"uid-1","revision":7,"hash":"h","snapshotBytes":3,"""
            + "\"sha256\":\"039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81\"}");

    private static byte[] Content(int length)
    {
        var content = new byte[length];
        new Random(length).NextBytes(content);
        return content;
    }

    private static DurableIndex Index(byte[] content) => new()
    {
        Set = 0,
        Slots = DurableIndex.Split(content).Length,
        Gateway = "uid-1",
        Revision = 7,
        Hash = "h",
        SnapshotBytes = content.Length,
        Sha256 = DurableIndex.Checksum(content),
    };
}
