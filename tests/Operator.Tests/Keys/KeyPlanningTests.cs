using System.Collections.Immutable;
using Operator.Api;
using Operator.Keys;

namespace Operator.Tests.Keys;

/// <summary>What is decided about one Secret as it was found.</summary>
public sealed class KeyPlanningTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private static readonly GeneratedKey s_kept = Make(1);
    private static readonly GeneratedKey s_made = Make(2);

    private VirtualKey _key = new()
    {
        Metadata = new() { Name = "demo", Namespace = "team", Uid = "uid-1" },
        Spec = new() { GatewayRef = new() { Name = "main" }, Models = ["*"] },
    };

    [Fact]
    public void A_missing_Secret_is_made_with_owner_labels_and_type()
    {
        _key = _key with { Spec = _key.Spec with { Secret = new() { Name = "mine", Key = "token", Labels = Map(("app", "x")) } } };

        var plan = Plan(null);

        var secret = plan.Write.ShouldBeOfType<KeyWrite.Create>().Secret;
        (secret.Id(), secret.Type, secret.Read("token")).ShouldBe(("team/mine", "Opaque", s_made.Text));
        secret.Metadata.Labels.ShouldBe(Map(("app", "x")));
        var owner = secret.Metadata.OwnerReferences.ShouldHaveSingleItem();
        (owner.Kind, owner.Uid, owner.Controller).ShouldBe((VirtualKey.KindName, "uid-1", true));
        plan.Before.ShouldBeNull();
        plan.After!.KeyId.ShouldBe(s_made.Id);
        plan.News!.Reason.ShouldBe(EventReasons.KeyCreated);
    }

    [Fact]
    public void A_Secret_that_was_there_once_is_made_anew_with_a_warning()
    {
        _key = _key with { Status = new() { KeyId = s_kept.Id, SecretRef = new() { Name = "demo-key", Key = "api-key" } } };

        var plan = Plan(null);

        plan.Write.ShouldBeOfType<KeyWrite.Create>();
        (plan.News!.Reason, plan.News.IsWarning).ShouldBe((EventReasons.KeyRegenerated, true));
    }

    [Fact]
    public void The_first_key_after_one_that_was_brought_is_no_regeneration()
    {
        _key = _key with { Status = new() { KeyId = "0123456789ab", SecretRef = new() { Name = "brought", Key = "api-key" } } };

        Plan(null).News!.Reason.ShouldBe(EventReasons.KeyCreated);
    }

    [Fact]
    public void Our_Secret_as_it_should_be_is_left_alone()
    {
        var plan = Plan(Ours());

        plan.Write.ShouldBeNull();
        plan.News.ShouldBeNull();
        plan.Problem.ShouldBeNull();
        plan.After!.KeyId.ShouldBe(s_kept.Id);
        plan.NextTime.ShouldBeNull();
    }

    [Theory]
    [InlineData(null, "was not made for this VirtualKey")]
    [InlineData("other", "belongs to the VirtualKey `other`")]
    [InlineData("demo", "that of a deleted VirtualKey")]
    public void A_Secret_that_is_not_ours_is_a_conflict_and_stays_untouched(string? owner, string says)
    {
        var plan = Plan(Ours() with { Metadata = Ours().Metadata with { OwnerReferences = owner is null ? [] : [Owner(owner, "uid-0")] } });

        plan.Write.ShouldBeNull();
        plan.After.ShouldBeNull();
        plan.Problem!.Reason.ShouldBe(ConditionReasons.SecretConflict);
        plan.Problem.Message.ShouldContain(says);
        plan.NextTime.HasValue.ShouldBe(owner == "demo");
    }

    [Theory]
    [InlineData("")]
    [InlineData("hunter2")]
    [InlineData("sk-someone-elses-key-of-another-form-entirely")]
    public void A_value_that_is_no_key_of_ours_is_told_and_not_written_over(string edited)
    {
        var plan = Plan(Ours() with { StringData = Map(("api-key", edited)) });

        plan.Write.ShouldBeNull();
        plan.After.ShouldBeNull();
        plan.Problem!.Reason.ShouldBe(ConditionReasons.SecretValueInvalid);
        if (edited.Length > 0)
            plan.Problem.Message.ShouldNotContain(edited);
    }

    [Fact]
    public void Another_key_of_our_form_that_was_written_in_by_hand_is_the_key() =>
        Plan(Ours() with { StringData = Map(("api-key", s_made.Text)) }).After!.KeyId.ShouldBe(s_made.Id);

    [Fact]
    public void A_value_that_was_taken_out_is_made_anew_beside_what_others_put_there()
    {
        _key = _key with { Status = new() { KeyId = s_kept.Id, SecretRef = new() { Name = "demo-key", Key = "api-key" } } };

        var plan = Plan(Ours() with { StringData = Map(("users", "own")) });

        Body(plan).ShouldNotContain("users");
        Body(plan).ShouldContain("api-key");
        plan.News!.Reason.ShouldBe(EventReasons.KeyRegenerated);
    }

    [Fact]
    public void A_key_with_a_new_name_in_the_spec_moves_and_stays_the_same_key()
    {
        _key = _key with { Spec = _key.Spec with { Secret = new() { Key = "OPENAI_API_KEY" } } };

        var plan = Plan(Ours());

        plan.After!.KeyId.ShouldBe(s_kept.Id);
        Body(plan).ShouldContain("\"api-key\":null");
        Body(plan).ShouldContain("\"OPENAI_API_KEY\":\"");
        Paused();
        (Plan(Ours()).Write, Plan(Ours()).After!.KeyId).ShouldBe((null, s_kept.Id));
    }

    [Fact]
    public void New_labels_are_set_and_those_of_others_stay()
    {
        _key = _key with { Spec = _key.Spec with { Secret = new() { Labels = Map(("sync", "yes")) } } };

        Body(Plan(Ours() with { Metadata = Ours().Metadata with { Labels = Map(("theirs", "x")) } }))
            .ShouldBe("""{"metadata":{"resourceVersion":"7","labels":{"sync":"yes"},"annotations":{}},"data":{}}""");
    }

    [Fact]
    public void A_rotation_that_is_due_in_an_immutable_Secret_is_told_and_the_key_stays()
    {
        Rotating();

        var plan = Plan(Ours(age: 7200) with { Immutable = true });

        plan.Write.ShouldBeNull();
        plan.After!.KeyId.ShouldBe(s_kept.Id);
        plan.After.Hashes.Length.ShouldBe(1);
        plan.Problem!.Reason.ShouldBe(ConditionReasons.SecretImmutable);
    }

    [Fact]
    public void The_next_look_is_at_the_next_rotation_or_the_end_of_the_overlap_before_it()
    {
        Rotating();
        var overlap = Stored(age: 60) with { Previous = new() { Sha256 = new('a', 64), ExpirationTime = s_now.AddSeconds(540) } };

        Plan(Ours(age: 60)).NextTime.ShouldBe(s_now.AddSeconds(7140));
        Plan(Ours(overlap)).NextTime.ShouldBe(s_now.AddSeconds(540));
    }

    [Fact]
    public void A_paused_VirtualKey_with_a_rotation_due_asks_for_no_look_that_would_change_nothing()
    {
        Rotating();
        Paused();

        var plan = Plan(Ours(age: 7200));

        (plan.Write, plan.NextTime).ShouldBe((null, null));
        plan.After.ShouldNotBeNull();
        Plan(null).Write.ShouldBeNull();
    }

    [Fact]
    public void While_a_Secret_is_being_deleted_it_is_not_written_to()
    {
        Rotating();

        var plan = Plan(Ours(age: 7200) with { Metadata = Ours(age: 7200).Metadata with { DeletionTimestamp = s_now } });

        plan.Write.ShouldBeNull();
        plan.After!.KeyId.ShouldBe(s_kept.Id);
    }

    [Fact]
    public void For_a_VirtualKey_that_is_being_deleted_nothing_is_made()
    {
        _key = _key with { Metadata = _key.Metadata with { DeletionTimestamp = s_now } };

        Plan(null).ShouldBe(new());
    }

    [Fact]
    public void A_key_that_was_brought_is_known_without_the_line_end_that_editors_add()
    {
        _key = _key with { Spec = _key.Spec with { ValueFrom = new() { SecretRef = new() { Name = "brought", Key = "k" } } } };
        var secret = new Secret { Metadata = new() { Name = "brought", Namespace = "team" }, StringData = Map(("k", "my-own-key\n")) };

        var plan = Plan(secret);

        plan.Write.ShouldBeNull();
        plan.After!.Hashes.ShouldHaveSingleItem().Sha256.ShouldBe(GeneratedKey.Sha256("my-own-key"));
        Plan(secret with { Type = "kubernetes.io/service-account-token" }).After.ShouldBeNull();
        Plan(null).ShouldBe(new());
    }

    [Fact]
    public void No_plan_prints_a_key()
    {
        Rotating();
        KeyPlan[] plans = [Plan(null), Plan(Ours()), Plan(Ours(age: 7200))];

        foreach (var text in plans.Select(p => p.ToString()))
        {
            text.ShouldNotContain(s_kept.Text);
            text.ShouldNotContain(s_made.Text);
            text.ShouldNotContain("\"data\"");
        }
    }

    private KeyPlan Plan(Secret? secret) => KeyPlanning.Of(_key, secret, s_now, _ => false, () => s_made);

    private void Rotating() => _key = _key with { Spec = _key.Spec with { Rotation = new() { PeriodSeconds = 7200, OverlapSeconds = 600 } } };

    private void Paused() =>
        _key = _key with { Metadata = _key.Metadata with { Annotations = Map((ResourceGroup.PausedAnnotation, "true")) } };

    private static string Body(KeyPlan plan) => plan.Write.ShouldBeOfType<KeyWrite.Patch>().Body.ToJsonString();

    private static Secret Ours(int age = 0) => Ours(Stored(age));

    private static Secret Ours(StoredKey stored) => stored.WriteTo(
        new()
        {
            Metadata = new()
            {
                Name = "demo-key", Namespace = "team", ResourceVersion = "7", OwnerReferences = [Owner("demo", "uid-1")],
            },
        },
        "api-key");

    private static StoredKey Stored(int age) => new() { Current = s_kept, CreatedTime = s_now.AddSeconds(-age) };

    private static OwnerReference Owner(string name, string uid) => new()
    {
        ApiVersion = ResourceGroup.ApiVersion, Kind = VirtualKey.KindName, Name = name, Uid = uid, Controller = true,
    };

    private static ImmutableSortedDictionary<string, string> Map(params (string Name, string Value)[] entries) =>
        entries.ToImmutableSortedDictionary(e => e.Name, e => e.Value);

    private static GeneratedKey Make(byte seed)
    {
        var secret = new byte[GeneratedKey.SecretBytes];
        Array.Fill(secret, seed);
        return GeneratedKey.Create([seed, 1, 2, 3, 4, 5, 6, 7], secret);
    }
}
