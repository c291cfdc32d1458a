using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Alerts;

/// <summary>A crossing of a Budget as a message. Pure.</summary>
internal static class BudgetAlert
{
    private const int MaxNote = 1024;

    /// <summary>
    /// Null where the news is of something else. The id is the same for the same crossing, whoever tells it: receivers know by it what they
    /// have already.
    /// </summary>
    public static PendingAlert? Of(LlmGateway gateway, Budget budget, string reason, string note, DateTimeOffset now)
    {
        var type = reason switch
        {
            EventReasons.BudgetThresholdReached => "budget.threshold_reached",
            EventReasons.BudgetExceeded => "budget.exceeded",
            EventReasons.BudgetReset => "budget.reset",
            _ => null,
        };
        if (type is null || budget.Status is not { } status)
            return null;
        var start = Time(status.Period?.StartTime);
        var threshold = reason == EventReasons.BudgetThresholdReached ? Threshold(budget) : null;
        return new()
        {
            Id = IdOf($"{budget.Metadata.Uid}|{type}|{threshold}|{start}|{status.Limit}"),
            Time = ApiTime.Seconds(now),
            Body = new JsonObject
            {
                ["type"] = type,
                ["timestamp"] = Time(now),
                ["data"] = new JsonObject
                {
                    ["gateway"] = gateway.Id(),
                    ["budget"] = budget.Id(),
                    ["limit"] = status.Limit,
                    ["spent"] = status.Spent,
                    ["remaining"] = status.Remaining,
                    ["usedPercent"] = status.UsedPercent,
                    ["thresholdPercent"] = threshold,
                    ["periodStart"] = Time(status.Period?.StartTime),
                    ["periodEnd"] = Time(status.Period?.EndTime),
                    ["blocks"] = budget.Spec is { Action: BudgetAction.Block, Enforcement: BudgetEnforcement.Enforce },
                    ["message"] = BoundedText.Cut(note, MaxNote),
                },
            }.ToJsonString(),
        };
    }

    private static int? Threshold(Budget budget) =>
        budget.Spec.WarnAtPercent.Where(t => t <= budget.Status!.UsedPercent).Select(t => (int?)t).Max();

    private static string? Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string IdOf(string crossing) => $"msg_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(crossing)))[..32]}";
}
