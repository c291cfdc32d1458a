using System.Collections.Immutable;
using Operator.Api;
using Operator.Kubernetes;
using Operator.Watch;

namespace Operator.Tests.Watch;

/// <summary>Two versions share what users have not changed between them, and nothing else.</summary>
public sealed class ObjectStoreTests
{
    private readonly ObjectStore<VirtualKey> _store = new();

    [Fact]
    public void A_new_status_comes_with_the_spec_that_was_there()
    {
        var before = Set(Key("1"));

        var after = Set(Key("2") with { Status = new() { KeyId = "abc" } });

        after.Spec.ShouldBeSameAs(before.Spec);
        after.Metadata.Uid.ShouldBeSameAs(before.Metadata.Uid);
        (after.Metadata.ResourceVersion, after.Status!.KeyId).ShouldBe(("2", "abc"));
    }

    [Fact]
    public void Another_generation_label_or_uid_comes_with_its_own_spec()
    {
        var before = Set(Key("1"));
        VirtualKey[] others =
        [
            Key("2", m => m with { Generation = 2 }),
            Key("3", m => m with { Labels = ImmutableSortedDictionary<string, string>.Empty.Add("team", "red") }),
            Key("4", m => m with { Uid = "other" }),
        ];

        foreach (var other in others)
            Set(other).Spec.ShouldBeSameAs(other.Spec);
        before.Spec.ShouldNotBeSameAs(others[0].Spec);
    }

    [Fact]
    public void A_list_is_the_truth_even_where_it_says_that_nothing_has_changed()
    {
        Set(Key("1"));
        var listed = Key("1") with { Spec = Key("1").Spec with { Models = ["restored"] } };

        _store.Replace(null, new() { ResourceVersion = "1", Items = [listed] });

        _store.Snapshot.Find(ObjectKey.Of(listed))!.Spec.Models.ShouldBe(["restored"]);
    }

    private VirtualKey Set(VirtualKey key)
    {
        _store.Set(key).ShouldNotBeNull();
        return _store.Snapshot.Find(ObjectKey.Of(key))!;
    }

    private static VirtualKey Key(string version, Func<ObjectMeta, ObjectMeta>? change = null)
    {
        var metadata = new ObjectMeta { Name = "k", Namespace = "n", Uid = new('u', 3), Generation = 1, ResourceVersion = version };
        return new() { Metadata = change?.Invoke(metadata) ?? metadata, Spec = new() { GatewayRef = new() { Name = "main" }, Models = ["*"] } };
    }
}
