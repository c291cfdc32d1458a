using System.Collections.Immutable;
using System.Globalization;

namespace Gateway.Server.Budget.Redis;

/// <summary>The state that all replicas share, see <c>common.lua</c>.</summary>
internal sealed record StoreState
{
    /// <summary>Null: the counters are lost, or were never there.</summary>
    public required string? Epoch { get; init; }

    /// <summary>The server that held the counters when they were seeded.</summary>
    public required string? Run { get; init; }

    /// <summary>What the other tier counted until then is in the counters: <see cref="OtherTier.At"/>.</summary>
    public required long OtherTier { get; init; }

    /// <summary>Somebody seeds counters now.</summary>
    public required bool IsSeeding { get; init; }

    /// <summary>By budget: what is in force, and when that was applied.</summary>
    public required ImmutableDictionary<string, (string Definition, long Applied)> Definitions { get; init; }

    /// <param name="reply">Of <see cref="RedisScript.State"/>.</param>
    public static StoreState Of(RedisReply reply)
    {
        var flat = reply.List(3).Select(v => v.Text!).ToList();
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i + 1 < flat.Count; i += 2)
            fields[flat[i]] = flat[i + 1];
        return new()
        {
            Epoch = fields.GetValueOrDefault("epoch"),
            Run = fields.GetValueOrDefault("run"),
            OtherTier = long.Parse(fields.GetValueOrDefault("other", "0"), CultureInfo.InvariantCulture),
            IsSeeding = reply.Number(2) != 0,
            Definitions = fields.Where(f => f.Key.StartsWith("d:", StringComparison.Ordinal)).ToImmutableDictionary(
                f => f.Key[2..],
                f => (f.Value, long.Parse(fields.GetValueOrDefault("t:" + f.Key[2..], "0"), CultureInfo.InvariantCulture)),
                StringComparer.Ordinal),
        };
    }
}
