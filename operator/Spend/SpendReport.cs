using System.Collections.Immutable;
using System.Text.Json;
using Operator.Kubernetes;

namespace Operator.Spend;

/// <summary>What one gateway has answered to <c>GET /spend/report</c>.</summary>
internal sealed record SpendReport
{
    /// <summary>Whose spend it is.</summary>
    public required ObjectKey Gateway { get; init; }

    /// <summary>What it is split by; empty: by nothing.</summary>
    public required ImmutableArray<string> GroupBy { get; init; }

    /// <summary>The first moment that counts, as the gateway writes it.</summary>
    public required string Start { get; init; }

    /// <summary>The first that does not count any more.</summary>
    public required string End { get; init; }

    /// <summary>A line for each group, in the gateway's order.</summary>
    public required ImmutableArray<SpendLine> Lines { get; init; }

    /// <summary>What all calls come to.</summary>
    public required SpendLine Total { get; init; }

    /// <summary>Null where the text is no such report.</summary>
    public static SpendReport? Parse(ObjectKey gateway, string groupBy, byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var report = document.RootElement;
            return new()
            {
                Gateway = gateway,
                GroupBy = [.. groupBy.Split(',', StringSplitOptions.RemoveEmptyEntries)],
                Start = report.GetProperty("start_date").GetString() ?? "",
                End = report.GetProperty("end_date").GetString() ?? "",
                Lines = [.. report.GetProperty("results").EnumerateArray().Select(SpendLine.Parse)],
                Total = SpendLine.Parse(report.GetProperty("total")),
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }
}

/// <summary>The sum of some calls.</summary>
internal sealed record SpendLine
{
    /// <summary>What the calls have in common: name of the dimension, and its value; null where they have none.</summary>
    public ImmutableArray<(string Name, string? Value)> Groups { get; init; } = [];

    /// <summary>Null where calls were paid in several currencies.</summary>
    public decimal? Spend { get; init; }

    /// <summary>Of <see cref="Spend"/>; null where nothing was paid.</summary>
    public string? Currency { get; init; }

    /// <summary>Calls, with those that failed or were refused.</summary>
    public long Requests { get; init; }

    public long Failed { get; init; }

    public long Refused { get; init; }

    public long PromptTokens { get; init; }

    /// <summary>The part of <see cref="PromptTokens"/> that came from caches.</summary>
    public long CachedTokens { get; init; }

    public long CompletionTokens { get; init; }

    public long TotalTokens { get; init; }

    /// <summary>The other members are the groups.</summary>
    public static SpendLine Parse(JsonElement json)
    {
        var line = new SpendLine();
        foreach (var member in json.EnumerateObject())
        {
            var value = member.Value;
            line = member.Name switch
            {
                "spend" => line with { Spend = value.ValueKind == JsonValueKind.Null ? null : value.GetDecimal() },
                "currency" => line with { Currency = value.GetString() },
                "requests" => line with { Requests = value.GetInt64() },
                "failed_requests" => line with { Failed = value.GetInt64() },
                "refused_requests" => line with { Refused = value.GetInt64() },
                "prompt_tokens" => line with { PromptTokens = value.GetInt64() },
                "cached_tokens" => line with { CachedTokens = value.GetInt64() },
                "completion_tokens" => line with { CompletionTokens = value.GetInt64() },
                "total_tokens" => line with { TotalTokens = value.GetInt64() },
                var name => line with { Groups = line.Groups.Add((name, value.GetString())) },
            };
        }

        return line;
    }

    /// <summary>All of them together. What was paid in several currencies has no sum.</summary>
    public static SpendLine Sum(IReadOnlyCollection<SpendLine> lines)
    {
        var currencies = lines.Select(l => l.Currency).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        var isMixed = currencies.Count > 1 || lines.Any(l => l.Spend is null);
        return new()
        {
            Spend = isMixed ? null : lines.Sum(l => l.Spend),
            Currency = isMixed ? null : currencies.FirstOrDefault(),
            Requests = lines.Sum(l => l.Requests),
            Failed = lines.Sum(l => l.Failed),
            Refused = lines.Sum(l => l.Refused),
            PromptTokens = lines.Sum(l => l.PromptTokens),
            CachedTokens = lines.Sum(l => l.CachedTokens),
            CompletionTokens = lines.Sum(l => l.CompletionTokens),
            TotalTokens = lines.Sum(l => l.TotalTokens),
        };
    }
}
