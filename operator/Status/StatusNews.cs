using System.Collections.Immutable;
using System.Globalization;
using Operator.Api;

namespace Operator.Status;

/// <summary>
/// What is worth an event in the change of a status: each mistake once, and nothing that the API server has already. To be asked of a
/// status that is due (<see cref="StatusWrites"/>), and told once it is written.
/// </summary>
internal static class StatusNews
{
    private static readonly string[] s_noMistakes =
        [ConditionReasons.Terminating, ConditionReasons.Pending, ConditionReasons.NoPods, ConditionReasons.Paused];

    public static ImmutableArray<ObjectNews> Of(LlmGateway before, LlmGateway after)
    {
        var (was, @is) = (ConditionsOf(before.Status), ConditionsOf(after.Status));
        var news = Mistakes(was, @is).ToList();
        if (Find(was, ConditionTypes.Available)?.Status == ConditionStatus.True
            && Find(@is, ConditionTypes.Available) is { Status: ConditionStatus.False } gone)
            news.Add(new(gone.Reason, true, gone.Message));
        if (Find(@is, ConditionTypes.Programmed) is { Status: ConditionStatus.True } programmed
            && !IsKnown(Find(was, ConditionTypes.Programmed), programmed))
            news.Add(new(EventReasons.Programmed, false, Invariant($"generation {programmed.ObservedGeneration} is on every ready pod")));
        return [.. news];
    }

    /// <summary>Of each of its gateways; where there are several, the note names which.</summary>
    public static ImmutableArray<ObjectNews> Of(ModelRoute before, ModelRoute after)
    {
        var gateways = after.Status?.Gateways ?? [];
        return [.. gateways.SelectMany(g => Mistakes(ConditionsAt(before, g.Name), g.Conditions).Select(news => Named(news, g.Name)))];

        ObjectNews Named(ObjectNews news, string gateway) =>
            gateways.Length > 1 ? news with { Note = $"{gateway}: {news.Note}" } : news;
    }

    public static ImmutableArray<ObjectNews> Of(VirtualKey before, VirtualKey after)
    {
        var (was, @is) = (ConditionsOf(before.Status), ConditionsOf(after.Status));
        var news = Mistakes(was, @is);
        return Find(was, ConditionTypes.Expired) is null && Find(@is, ConditionTypes.Expired) is { } expired
            ? [.. news, new(EventReasons.KeyExpired, false, expired.Message)]
            : news;
    }

    public static ImmutableArray<ObjectNews> Of(Budget before, Budget after) =>
        [.. Mistakes(ConditionsOf(before.Status), ConditionsOf(after.Status)), .. SpendNews.Of(before, after)];

    /// <summary>Conditions that do not hold for a reason that is neither known already nor that of another one before it.</summary>
    private static ImmutableArray<ObjectNews> Mistakes(ImmutableArray<Condition> before, ImmutableArray<Condition> after)
    {
        var told = new HashSet<string>(StringComparer.Ordinal);
        return
        [
            .. after
                .Where(c => IsMistake(c) && told.Add(c.Reason) && !IsKnown(Find(before, c.Type), c))
                .Select(c => new ObjectNews(c.Reason, true, c.Message)),
        ];
    }

    /// <summary>What is unknown repeats another condition, or waits for somebody else.</summary>
    private static bool IsMistake(Condition condition) => condition.Status == ConditionStatus.False && condition.Type switch
    {
        ConditionTypes.Accepted or ConditionTypes.ResolvedRefs or ConditionTypes.Priced => !s_noMistakes.Contains(condition.Reason),
        ConditionTypes.Programmed => condition.Reason == ConditionReasons.Rejected,
        _ => false,
    };

    /// <summary>What holds is known by its generation, what does not by what it says.</summary>
    private static bool IsKnown(Condition? before, Condition after) => before is not null && before.Status == after.Status
        && (after.Status == ConditionStatus.True
            ? before.ObservedGeneration == after.ObservedGeneration
            : before.Reason == after.Reason && before.Message == after.Message);

    private static ImmutableArray<Condition> ConditionsAt(ModelRoute route, string gateway) =>
        route.Status?.Gateways.FirstOrDefault(g => g.Name == gateway)?.Conditions ?? [];

    private static ImmutableArray<Condition> ConditionsOf(ResourceStatus? status) => status?.Conditions ?? [];

    private static Condition? Find(ImmutableArray<Condition> conditions, string type) => conditions.FirstOrDefault(c => c.Type == type);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
