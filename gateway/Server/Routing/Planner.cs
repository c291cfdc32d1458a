using System.Collections.Immutable;
using Gateway.Contract;
using Gateway.Server.Config;

namespace Gateway.Server.Routing;

/// <summary>
/// The order in which a route's targets are tried. Pure. Lower priority first; within one priority by the route's strategy; targets that
/// cool down come last, but they do come: a long shot beats a certain refusal.
/// </summary>
internal static class Planner
{
    /// <param name="targets">In the order of the config.</param>
    /// <param name="facts">How each is doing.</param>
    /// <param name="strategy">How to choose among equals.</param>
    /// <param name="now">To tell who is still cooling down.</param>
    /// <param name="random">From 0 up to but not including 1.</param>
    public static ImmutableArray<TargetModel> Order(
        ImmutableArray<TargetModel> targets,
        Func<TargetModel, TargetFacts> facts,
        RoutingStrategy strategy,
        DateTimeOffset now,
        Func<double> random)
    {
        if (targets.Length == 1)
            return targets;
        var candidates = new Candidate[targets.Length];
        for (var i = 0; i < candidates.Length; i++)
        {
            var known = facts(targets[i]);
            candidates[i] = new(
                targets[i],
                known.CoolingUntil > now ? known.CoolingUntil : default,
                Rank(targets[i], known, strategy),
                Shuffle(targets[i], random));
        }

        Array.Sort(candidates);
        return [.. candidates.Select(c => c.Target)];
    }

    /// <summary>Lower is earlier. A weight of 0 is never chosen before another.</summary>
    private static double Rank(TargetModel target, TargetFacts facts, RoutingStrategy strategy) => strategy switch
    {
        _ when target.Weight == 0 => double.MaxValue,
        RoutingStrategy.LeastBusy => (double)facts.InFlight / target.Weight,
        RoutingStrategy.LowestLatency => facts.FirstByte?.TotalMilliseconds ?? 0,
        _ => 0,
    };

    /// <summary>
    /// The smallest of exponential variates with rates w₁, w₂ … is the i-th with probability wᵢ / Σw: a weighted shuffle by one sort.
    /// </summary>
    private static double Shuffle(TargetModel target, Func<double> random) => -Math.Log(1 - random()) / Math.Max(1, target.Weight);

    private readonly record struct Candidate(TargetModel Target, DateTimeOffset CoolingUntil, double Rank, double Shuffle)
        : IComparable<Candidate>
    {
        public int CompareTo(Candidate other)
        {
            if (CoolingUntil != other.CoolingUntil)
                return CoolingUntil.CompareTo(other.CoolingUntil);
            if (Target.Priority != other.Target.Priority)
                return Target.Priority.CompareTo(other.Target.Priority);
            var byRank = Rank.CompareTo(other.Rank);
            return byRank != 0 ? byRank : Shuffle.CompareTo(other.Shuffle);
        }
    }
}
