using Operator.Api;
using Operator.Keys;
using Support;

namespace Operator.Tests.Keys;

/// <summary>A life of a key, by a clock that the test moves; what is stored goes through its Secret after each step.</summary>
public sealed class KeyRotationTests
{
    private const string Name = "api-key";
    private static readonly DateTimeOffset s_start = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private readonly ManualTimeProvider _clock = new(s_start);
    private readonly StoredKey _first;
    private VirtualKey _key = Key(new() { PeriodSeconds = 7200, OverlapSeconds = 600 });
    private StoredKey _stored;
    private byte _made;

    public KeyRotationTests() => _stored = _first = new() { Current = Make(), CreatedTime = s_start };

    [Fact]
    public void Before_its_period_is_over_a_key_stays_as_it_is()
    {
        After(TimeSpan.FromSeconds(7199)).ShouldBe(_first);
        KeyRotation.NextTime(_stored, _key).ShouldBe(s_start.AddSeconds(7200));
    }

    [Fact]
    public void A_key_without_rotation_stays_for_ever()
    {
        _key = Key(null);

        After(TimeSpan.FromDays(10_000)).ShouldBe(_first);
        KeyRotation.NextTime(_stored, _key).ShouldBeNull();
    }

    [Fact]
    public void After_its_period_a_next_key_is_taken_beside_it_and_waits_for_the_gateway()
    {
        var begun = After(TimeSpan.FromSeconds(7200));

        begun.Current.ShouldBe(_first.Current);
        begun.Hashes.Select(h => h.Sha256).ShouldBe([GeneratedKey.Sha256(_first.Current.Text), GeneratedKey.Sha256(begun.Next!.Text)]);
        After(TimeSpan.FromDays(30)).ShouldBe(begun);
    }

    [Fact]
    public void Once_acknowledged_the_next_key_takes_its_place_and_the_old_one_lives_to_the_end_of_the_overlap()
    {
        var begun = After(TimeSpan.FromSeconds(7200));

        var rotated = After(TimeSpan.FromSeconds(5), isAcknowledged: true);

        rotated.Current.ShouldBe(begun.Next);
        rotated.Next.ShouldBeNull();
        rotated.CreatedTime.ShouldBe(s_start.AddSeconds(7205));
        rotated.Previous!.Sha256.ShouldBe(GeneratedKey.Sha256(_first.Current.Text));
        rotated.Previous.ExpirationTime.ShouldBe(s_start.AddSeconds(7805));
        After(TimeSpan.FromSeconds(599)).ShouldBe(rotated);
        After(TimeSpan.FromSeconds(1)).Hashes.ShouldHaveSingleItem().Sha256.ShouldBe(GeneratedKey.Sha256(rotated.Current.Text));
        KeyRotation.NextTime(_stored, _key).ShouldBe(s_start.AddSeconds(7205 + 7200));
    }

    [Fact]
    public void Without_an_overlap_the_old_key_ends_with_the_acknowledgement()
    {
        _key = Key(new() { PeriodSeconds = 7200, OverlapSeconds = 0 });
        After(TimeSpan.FromSeconds(7200));

        After(TimeSpan.Zero, isAcknowledged: true).Previous.ShouldBeNull();
    }

    [Fact]
    public void A_new_value_of_the_annotation_rotates_once_and_at_once()
    {
        _key = Annotated(Key(null), ResourceGroup.RotateAnnotation, "leaked-1");

        After(TimeSpan.FromSeconds(1)).Next.ShouldNotBeNull();
        var rotated = After(TimeSpan.FromSeconds(1), isAcknowledged: true);
        rotated.Previous!.ExpirationTime.ShouldBe(_clock.GetUtcNow().AddDays(1));
        After(TimeSpan.FromDays(2)).Next.ShouldBeNull();

        _key = Annotated(Key(null), ResourceGroup.RotateAnnotation, "leaked-2");
        After(TimeSpan.FromSeconds(1)).Next.ShouldNotBeNull();
    }

    [Fact]
    public void A_rotation_in_the_overlap_of_another_takes_all_three_until_it_is_acknowledged()
    {
        After(TimeSpan.FromSeconds(7200));
        var second = After(TimeSpan.Zero, isAcknowledged: true);
        _key = Annotated(_key, ResourceGroup.RotateAnnotation, "now");

        After(TimeSpan.FromSeconds(1)).Hashes.Length.ShouldBe(3);
        After(TimeSpan.FromSeconds(1), isAcknowledged: true).Hashes.Select(h => h.Sha256)
            .ShouldBe([GeneratedKey.Sha256(_stored.Current.Text), GeneratedKey.Sha256(second.Current.Text)]);
    }

    [Fact]
    public void A_paused_key_begins_no_rotation_but_ends_one()
    {
        var active = _key;
        _key = Annotated(active, ResourceGroup.PausedAnnotation, "true");
        After(TimeSpan.FromSeconds(7200)).ShouldBe(_first);
        _key = active;
        var begun = After(TimeSpan.Zero);
        _key = Annotated(active, ResourceGroup.PausedAnnotation, "true");

        After(TimeSpan.Zero, isAcknowledged: true).Current.ShouldBe(begun.Next);
    }

    [Fact]
    public void A_rotation_whose_overlap_outlasts_its_period_is_not_begun()
    {
        _key = Key(new() { PeriodSeconds = 3600, OverlapSeconds = 3600 });

        After(TimeSpan.FromDays(1)).ShouldBe(_first);
    }

    [Fact]
    public void A_Secret_that_does_not_say_since_when_counts_from_now()
    {
        _stored = _first with { CreatedTime = null };

        After(TimeSpan.FromDays(1)).ShouldBe(_first with { CreatedTime = s_start.AddDays(1) });
    }

    /// <summary>Whoever may write the Secret may write anything there.</summary>
    [Theory]
    [InlineData("9999-12-31T23:59:59Z")]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("yesterday")]
    public void A_Secret_that_says_a_time_which_cannot_be_counts_from_now(string time)
    {
        var secret = _first.WriteTo(new() { Metadata = new() { Name = "demo-key" } }, Name);
        var annotations = secret.Metadata.Annotations.SetItem(ResourceGroup.Name + "/key-created", time);
        _stored = StoredKey.Read(secret with { Metadata = secret.Metadata with { Annotations = annotations } }, Name)!;

        After(TimeSpan.FromDays(1)).ShouldBe(_first with { CreatedTime = s_start.AddDays(1) });
        KeyRotation.NextTime(_stored, _key).ShouldBe(s_start.AddDays(1).AddSeconds(7200));
    }

    [Fact]
    public void What_else_a_Secret_says_stays()
    {
        var secret = new Secret { Metadata = new() { Name = "s" }, StringData = new Secret() { Metadata = new() { Name = "x" } }.StringData.Add("other", "kept") };

        _first.WriteTo(secret, Name).Read("other").ShouldBe("kept");
    }

    private static VirtualKey Key(RotationSpec? rotation) => new()
    {
        Metadata = new() { Name = "demo", Namespace = "default" },
        Spec = new() { GatewayRef = new() { Name = "main" }, Models = ["*"], Rotation = rotation },
    };

    private static VirtualKey Annotated(VirtualKey key, string name, string value) =>
        key with { Metadata = key.Metadata with { Annotations = key.Metadata.Annotations.SetItem(name, value) } };

    private StoredKey After(TimeSpan time, bool isAcknowledged = false)
    {
        _clock.Advance(time);
        var advanced = KeyRotation.Advance(_stored, _key, _clock.GetUtcNow(), isAcknowledged, Make);
        var secret = _stored.WriteTo(new() { Metadata = new() { Name = "demo-key" } }, Name);
        return _stored = StoredKey.Read(advanced.WriteTo(secret, Name), Name)!;
    }

    private GeneratedKey Make()
    {
        var secret = new byte[GeneratedKey.SecretBytes];
        secret[^1] = ++_made;
        return GeneratedKey.Create(new byte[GeneratedKey.IdBytes], secret);
    }
}
