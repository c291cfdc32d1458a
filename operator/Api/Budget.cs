using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api.Schema;

namespace Operator.Api;

/// <summary>A limit on what keys of a gateway may spend in a period. All budgets that select a key apply.</summary>
[Resource("Budget", "budgets", ShortName = "llmbudget")]
[SelectableField(".spec.gatewayRef.name")]
[PrinterColumn("LIMIT", ".status.limit")]
[PrinterColumn("PERIOD", ".spec.period")]
[PrinterColumn("SPENT", ".status.spent")]
[PrinterColumn("USED%", ".status.usedPercent", Type = "integer")]
[PrinterColumn("EXCEEDED", """.status.conditions[?(@.type=="Exceeded")].status""")]
[PrinterColumn("ENFORCED", """.status.conditions[?(@.type=="Programmed")].status""")]
[PrinterColumn("RESETS", ".status.period.endTime", Priority = 1)]
[PrinterColumn("SELECTED", ".status.selectedKeys", Type = "integer", Priority = 1)]
[PrinterColumn("MODE", ".spec.enforcement", Priority = 1)]
internal sealed record Budget() : Resource<BudgetSpec, BudgetStatus>(KindName)
{
    public const string KindName = "Budget";
}

/// <summary>What may be spent, by whom, when.</summary>
internal sealed record BudgetSpec
{
    /// <summary>The gateway whose calls count.</summary>
    [CelRule("self == oldSelf", RuleMessages.Immutable)]
    public required GatewayReference GatewayRef { get; init; }

    /// <summary>Whose calls count.</summary>
    public required BudgetScope Scope { get; init; }

    /// <summary>Models that count, with at most one `*` each; default: all.</summary>
    [Items(64, Type = ListType.Set), Text(253, Pattern = Patterns.Model, Means = Patterns.ModelMeans)]
    public ImmutableArray<string> Models { get; init; } = [];

    /// <summary>One counter for all keys, or one for each.</summary>
    public BudgetAggregation Aggregation { get; init; } = BudgetAggregation.Shared;

    /// <summary>How much.</summary>
    public required BudgetLimit Limit { get; init; }

    /// <summary>When counting starts anew.</summary>
    public required BudgetPeriod Period { get; init; }

    /// <summary>The zone in which periods begin, by its name in the IANA database.</summary>
    [Text(64, Pattern = Patterns.TimeZone, Means = Patterns.TimeZoneMeans)]
    public string TimeZone { get; init; } = "UTC";

    /// <summary>What happens at the limit.</summary>
    public BudgetAction Action { get; init; } = BudgetAction.Block;

    /// <summary>Whether it happens, or is only counted.</summary>
    public BudgetEnforcement Enforcement { get; init; } = BudgetEnforcement.Enforce;

    /// <summary>Percentages of the limit at whose crossing an Event is written.</summary>
    [Items(8, Type = ListType.Set), Bounds(1, 100)]
    public ImmutableArray<int> WarnAtPercent { get; init; } = [80];
}

/// <summary>
/// Whose calls count: `gateway` alone, or `virtualKeyRefs` alone, or `virtualKeySelector` and `namespaceSelector`, of which a key must
/// fulfil both where both are set.
/// </summary>
[CelRule(
    "(has(self.gateway) ? 1 : 0) + (has(self.virtualKeyRefs) ? 1 : 0)"
    + " + (has(self.virtualKeySelector) || has(self.namespaceSelector) ? 1 : 0) == 1",
    RuleMessages.OneScope)]
internal sealed record BudgetScope
{
    /// <summary>Every key. Only in the gateway's namespace.</summary>
    public GatewayScope? Gateway { get; init; }

    /// <summary>Keys with these labels.</summary>
    public LabelSelector? VirtualKeySelector { get; init; }

    /// <summary>
    /// Keys in namespaces with these labels. Elsewhere than in the gateway's namespace it selects at most the Budget's own.
    /// </summary>
    public LabelSelector? NamespaceSelector { get; init; }

    /// <summary>Keys by name.</summary>
    [Items(64, Min = 1)]
    public ImmutableArray<VirtualKeyReference>? VirtualKeyRefs { get; init; }
}

/// <summary>Every key of the gateway; has no members of its own.</summary>
internal sealed record GatewayScope;

/// <summary>A VirtualKey.</summary>
internal sealed record VirtualKeyReference
{
    /// <summary>Its name.</summary>
    [Text(253, Pattern = Patterns.DnsSubdomain, Means = Patterns.DnsSubdomainMeans)]
    public required string Name { get; init; }

    /// <summary>Its namespace; default: that of the Budget. Another one only in the gateway's namespace.</summary>
    [Text(63, Pattern = Patterns.DnsLabel, Means = Patterns.DnsLabelMeans)]
    public string? Namespace { get; init; }

    /// <summary>The id (<c>namespace/name</c>) of the VirtualKey that a Budget means by it.</summary>
    public string IdFrom(Budget budget) => $"{Namespace ?? budget.Metadata.Namespace}/{Name}";
}

/// <summary>How much: exactly one member is set.</summary>
[CelRule("has(self.cost) != has(self.tokens)", RuleMessages.OneLimit)]
internal sealed record BudgetLimit
{
    /// <summary>Money.</summary>
    public CostLimit? Cost { get; init; }

    /// <summary>Input and output tokens.</summary>
    [Bounds(0, BoundsAttribute.MaxExact)]
    public long? Tokens { get; init; }
}

/// <summary>An amount of money.</summary>
internal sealed record CostLimit
{
    /// <summary>A decimal from 0 to 9,000,000 with at most nine digits after the point.</summary>
    [Text(17, Pattern = Patterns.Amount, Means = Patterns.AmountMeans)]
    [CelRule($"!self.matches(r'{Patterns.Amount}') || double(self) <= 9000000.0", RuleMessages.MaxAmount)]
    public required string Amount { get; init; }

    /// <summary>ISO 4217.</summary>
    [Text(3, Pattern = Patterns.Currency, Means = Patterns.CurrencyMeans)]
    public string Currency { get; init; } = "USD";
}
