using Operator.Children;

namespace Operator.Tests.Children;

public sealed class ChildNamesTests
{
    private static readonly string s_longest = new('a', 50);

    [Fact]
    public void The_longest_name_of_a_gateway_is_kept_whole_in_every_name()
    {
        foreach (var name in All(s_longest))
        {
            name.ShouldStartWith(s_longest);
            name.Length.ShouldBeLessThanOrEqualTo(63);
        }
    }

    [Fact]
    public void Names_of_two_gateways_that_differ_beyond_the_bound_differ()
    {
        var all = All(new string('a', 70)).Concat(All(new string('a', 71))).ToList();

        all.ShouldBeUnique();
        all.ShouldAllBe(n => n.Length <= 63);
    }

    [Fact]
    public void A_cut_leaves_no_hyphen_or_dot_before_the_hash() =>
        ChildNames.Own(new string('a', 52) + ".-" + new string('b', 20)).ShouldStartWith(new string('a', 52) + "-");

    private static IEnumerable<string> All(string gateway) =>
    [
        ChildNames.Own(gateway),
        ChildNames.Admin(gateway),
        ChildNames.State(gateway),
        ChildNames.ConfigIndex(gateway),
        .. ChildNames.ConfigSlots().Select(at => ChildNames.ConfigSlot(gateway, at.Set, at.Slot)),
    ];
}
