using System.Security.Cryptography;
using System.Text;
using Gateway.Contract;

namespace Operator.Children;

/// <summary>
/// Names of children: the gateway's, or the gateway's with a suffix. Of a name that would pass 63 characters the end is replaced by
/// <c>-</c> and eight hexadecimal digits of its SHA-256; with the gateway's own bound of 50 characters none does.
/// </summary>
internal static class ChildNames
{
    private const int MaxLength = 63;

    private const int HashLength = 8;

    /// <summary>Deployment, Service, ServiceAccount, and whatever else there is one of.</summary>
    public static string Own(string gateway) => Bounded(gateway, "");

    /// <summary>The Secret of the admin port.</summary>
    public static string Admin(string gateway) => Bounded(gateway, "-admin");

    /// <summary>The claim of the journal's volume.</summary>
    public static string State(string gateway) => Bounded(gateway, "-state");

    /// <summary>The Secret that says which set of slots is the durable copy.</summary>
    public static string ConfigIndex(string gateway) => Bounded(gateway, "-config-index");

    /// <summary>One Secret of the durable copy.</summary>
    /// <param name="gateway">Name of the LlmGateway.</param>
    /// <param name="set">From 0, below <see cref="DurableIndex.Sets"/>.</param>
    /// <param name="slot">From 0, below <see cref="DurableIndex.SlotsOfSet"/>.</param>
    public static string ConfigSlot(string gateway, int set, int slot) => Bounded(gateway, "-config-" + DurableIndex.SlotFile(set, slot));

    /// <summary>All Secrets of the durable copy but the index.</summary>
    public static IEnumerable<(int Set, int Slot)> ConfigSlots() =>
        from set in Enumerable.Range(0, DurableIndex.Sets)
        from slot in Enumerable.Range(0, DurableIndex.SlotsOfSet)
        select (set, slot);

    /// <summary>Whatever a gateway's Secrets may be called.</summary>
    public static IEnumerable<string> Secrets(string gateway) =>
        ConfigSlots().Select(s => ConfigSlot(gateway, s.Set, s.Slot)).Append(ConfigIndex(gateway)).Append(Admin(gateway));

    private static string Bounded(string gateway, string suffix)
    {
        if (gateway.Length + suffix.Length <= MaxLength)
            return gateway + suffix;
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(gateway)))[..HashLength];
        var kept = gateway[..(MaxLength - suffix.Length - HashLength - 1)].TrimEnd('-', '.');
        return $"{kept}-{hash}{suffix}";
    }
}
