using System.Collections.Immutable;
using Gateway.Contract;

namespace Contract.Tests;

/// <summary>
/// Each rule by a snapshot that is good but for one thing: the finding names the object and the field, and there is no second one. The
/// accepted side of most rules is <see cref="Snapshots.Good"/>; limits are tried on both sides.
/// </summary>
public sealed class SnapshotValidatorTests
{
    [Fact]
    public void GoodSnapshot_HasNoFindings() => Findings(Snapshots.Good()).ShouldBeEmpty();

    public static TheoryData<string, string> Refused => new(s_refused.Select(c => (c.Case, c.Finding)));

    public static TheoryData<string> Accepted => new(s_accepted.Select(c => c.Case));

    [Theory]
    [MemberData(nameof(Refused))]
    public void SpoiltSnapshot_IsRefusedByObjectAndField(string what, string finding) =>
        Findings(s_refused.Single(c => c.Case == what).Spoil(Snapshots.Good())).ShouldBe([finding]);

    [Theory]
    [MemberData(nameof(Accepted))]
    public void SnapshotAtALimit_IsAccepted(string what) =>
        Findings(s_accepted.Single(c => c.Case == what).Change(Snapshots.Good())).ShouldBeEmpty();

    [Fact]
    public void SeveralProblems_AreAllFound()
    {
        var snapshot = Snapshots.Good() with { Gateway = "", Revision = 0, Routes = [], Keys = [.. Twice(Snapshots.Good().Keys[0])] };

        Findings(snapshot).ShouldBe(
        [
            "LlmGateway gateway ",
            "LlmGateway gateway ",
            "VirtualKey key metadata.name",
            "VirtualKey key secret",
        ]);
    }

    [Fact]
    public void Finding_NeverQuotesACredential()
    {
        var snapshot = Snapshots.Good() with
        {
            Credentials = [.. Twice(new CredentialConfig { Name = "team/secret/key", Value = "sk-marker" })],
            Routes = [OneTarget(t => t with { Credential = "sk-other" })],
        };

        var errors = SnapshotValidator.Validate(snapshot);

        errors.Length.ShouldBe(2);
        errors.ShouldAllBe(e => !e.Message.Contains("sk-"));
    }

    private static readonly (string Case, Func<ConfigSnapshot, ConfigSnapshot> Spoil, string Finding)[] s_refused =
    [
        ("no uid", s => s with { Gateway = "" }, "LlmGateway gateway "),
        ("no revision", s => s with { Revision = 0 }, "LlmGateway gateway "),
        ("no assumed output", s => Settings(s, x => x with { AssumedOutputTokens = 0 }), "LlmGateway gateway defaults.assumedOutputTokens"),
        ("no body bytes", s => Settings(s, x => x with { MaxBodyBytes = 0 }), "LlmGateway gateway defaults.maxBodyBytes"),
        ("negative drain", s => Settings(s, x => x with { DrainTimeoutSeconds = -1 }), "LlmGateway gateway drainTimeoutSeconds"),
        ("negative retries",
            s => Settings(s, x => x with { Retry = new() { Attempts = -1 } }),
            "LlmGateway gateway defaults.retry.attempts"),
        (
            "time-out of 0", s =>
                Settings(s, x => x with { Timeouts = new() { IdleMilliseconds = 0 } }), "LlmGateway gateway defaults.timeouts"),
        ("two stars allowed", s => Settings(s, x => x with { AllowedModels = ["*a*"] }), "LlmGateway gateway allowedKeys.models"),
        ("credential twice", s => s with { Credentials = [.. Twice(s.Credentials[0])] }, "LlmGateway gateway credentials"),

        ("price twice", s => s with { Prices = [.. Twice(s.Prices[0])] }, "LlmGateway gateway prices"),
        ("negative rate", s => Price(s, p => p with { Rates = p.Rates with { Input = -0.01m } }), "LlmGateway gateway prices"),
        ("negative cache rate", s => Price(s, p => p with { Rates = p.Rates with { CacheRead = -1 } }), "LlmGateway gateway prices"),
        ("negative audio rate", s => Price(s, p => p with { Rates = p.Rates with { AudioOutput = -1 } }), "LlmGateway gateway prices"),
        ("rate too high", s => Price(s, p => p with { Rates = p.Rates with { Output = 1_000_000.01m } }), "LlmGateway gateway prices"),
        ("rate of a tier",
            s => Price(s, p => p with { Tiers = [Snapshots.Tier(5) with { Rates = new() { Input = -1, Output = 1 } }] }),
            "LlmGateway gateway prices"),
        ("negative fee", s => Price(s, p => p with { ToolFees = new() { WebSearch = -0.01m } }), "LlmGateway gateway prices"),
        ("fee too high", s => Price(s, p => p with { ToolFees = new() { FileSearch = 1_000_000.01m } }), "LlmGateway gateway prices"),
        ("tier at 0", s => Price(s, p => p with { Tiers = [Snapshots.Tier(0)] }), "LlmGateway gateway prices"),
        ("tiers do not rise", s => Price(s, p => p with { Tiers = [Snapshots.Tier(5), Snapshots.Tier(5)] }), "LlmGateway gateway prices"),
        ("empty service tier", s => ServiceTier(s, new()), "LlmGateway gateway prices"),
        ("service tier with rates and without those of the price's tiers",
            s => ServiceTier(s, new() { Rates = new() { Input = 1, Output = 1 } }),
            "LlmGateway gateway prices"),
        ("service tier with a multiplier and tiers",
            s => ServiceTier(s, new() { Multiplier = 1, Tiers = [Snapshots.Tier(1000)] }),
            "LlmGateway gateway prices"),
        ("service tier whose tiers do not rise",
            s => ServiceTier(s, new() { Rates = new() { Input = 1, Output = 1 }, Tiers = [Snapshots.Tier(5), Snapshots.Tier(5)] }),
            "LlmGateway gateway prices"),
        ("negative rate of a service tier's tier",
            s => ServiceTier(
                s,
                new()
                {
                    Rates = new() { Input = 1, Output = 1 },
                    Tiers = [Snapshots.Tier(5) with { Rates = new() { Input = 1, Output = -1 } }],
                }),
            "LlmGateway gateway prices"),
        ("service tier with both",
            s => ServiceTier(s, new() { Multiplier = 1, Rates = new() { Input = 1, Output = 1 }, Tiers = [Snapshots.Tier(5)] }),
            "LlmGateway gateway prices"),
        ("negative multiplier", s => ServiceTier(s, new() { Multiplier = -1 }), "LlmGateway gateway prices"),
        ("no output tokens", s => Price(s, p => p with { MaxOutputTokens = 0 }), "LlmGateway gateway prices"),

        ("route twice", s => s with { Routes = [Snapshots.Route("r", "a"), Snapshots.Route("r", "b")] }, "ModelRoute r metadata.name"),
        ("empty model", s => s with { Routes = [Snapshots.Route("r", "")] }, "ModelRoute r model"),
        ("star in the middle", s => s with { Routes = [Snapshots.Route("r", "a*b")] }, "ModelRoute r model"),
        ("bad alias", s => s with { Routes = [Snapshots.Route("r", "a") with { Aliases = ["b", "**"] }] }, "ModelRoute r aliases[1]"),
        ("name taken", s => s with { Routes = [Snapshots.Route("r", "a"), Snapshots.Route("q", "a")] }, "ModelRoute q model"),
        ("alias taken",
            s => s with { Routes = [Snapshots.Route("r", "a"), Snapshots.Route("q", "b") with { Aliases = ["a"] }] },
            "ModelRoute q aliases[0]"),
        ("no target", s => s with { Routes = [Snapshots.Route("r", "a") with { Targets = [] }] }, "ModelRoute r targets"),
        ("negative attempts",
            s => s with { Routes = [Snapshots.Route("r", "a") with { Retry = new() { Attempts = -1 } }] },
            "ModelRoute r retry.attempts"),

        ("target twice", s => s with { Routes = [TwoTargets(t => t)] }, "ModelRoute r targets[1].name"),
        ("negative weight", s => s with { Routes = [OneTarget(t => t with { Weight = -1 })] }, "ModelRoute r targets[0].weight"),
        ("unknown credential",
            s => s with { Routes = [OneTarget(t => t with { Credential = "none" })] },
            "ModelRoute r targets[0].credentials"),
        ("unknown price", s => s with { Routes = [OneTarget(t => t with { Price = "none" })] }, "ModelRoute r targets[0].pricing"),
        ("no base URL", s => s with { Routes = [OneTarget(t => t with { BaseUrl = null })] }, "ModelRoute r targets[0].baseURL"),
        ("relative URL", s => Url(s, "/v1"), "ModelRoute r targets[0].baseURL"),
        ("file URL", s => Url(s, "file:///etc/passwd"), "ModelRoute r targets[0].baseURL"),
        ("URL with a user", s => Url(s, "https://me@example.com"), "ModelRoute r targets[0].baseURL"),
        ("URL with a query", s => Url(s, "https://example.com/?a=b"), "ModelRoute r targets[0].baseURL"),
        ("URL with a fragment", s => Url(s, "https://example.com/#a"), "ModelRoute r targets[0].baseURL"),
        ("simulated block elsewhere",
            s => s with { Routes = [OneTarget(t => t with { Simulated = new() })] },
            "ModelRoute r targets[0].simulated"),
        ("target's time-out",
            s => s with { Routes = [OneTarget(t => t with { Timeouts = new() { TotalMilliseconds = -1 } })] },
            "ModelRoute r targets[0].timeouts"),
        ("second target",
            s => s with { Routes = [TwoTargets(t => t with { Name = "two", Weight = -1 })] },
            "ModelRoute r targets[1].weight"),
        ("negative latency", s => Simulated(s, new() { LatencyMilliseconds = -1 }), "ModelRoute r targets[0].simulated"),
        ("fault is no error", s => Simulated(s, new() { FaultStatus = 200 }), "ModelRoute r targets[0].simulated.faultStatus"),
        ("fault of 600", s => Simulated(s, new() { FaultStatus = 600 }), "ModelRoute r targets[0].simulated.faultStatus"),
        ("more than all", s => Simulated(s, new() { FaultPercent = 101 }), "ModelRoute r targets[0].simulated.faultPercent"),

        ("key twice",
            s => s with { Keys = [Snapshots.Key("k", new('a', 64)), Snapshots.Key("k", new('b', 64))] },
            "VirtualKey k metadata.name"),
        ("same secret", s => s with { Keys = [Snapshots.Key("k", new('a', 64)), Snapshots.Key("l", new('a', 64))] }, "VirtualKey l secret"),
        ("short hash", s => s with { Keys = [Snapshots.Key("k", new('a', 63))] }, "VirtualKey k secret"),
        ("hash in capitals", s => s with { Keys = [Snapshots.Key("k", new('A', 64))] }, "VirtualKey k secret"),
        ("key's models", s => s with { Keys = [s.Keys[0] with { Models = ["gpt", "*x*"] }] }, "VirtualKey key models"),
        ("negative requests", s => Limits(s, new() { RequestsPerMinute = -1 }), "VirtualKey key limits"),
        ("negative tokens", s => Limits(s, new() { TokensPerMinute = -1 }), "VirtualKey key limits"),
        ("negative parallel", s => Limits(s, new() { MaxParallelRequests = -1 }), "VirtualKey key limits"),

        ("budget twice", s => s with { Budgets = [.. Twice(s.Budgets[0])] }, "Budget budget metadata.name"),
        ("no limit", s => Budget(s, b => b with { Cost = null }), "Budget budget limit"),
        ("two limits", s => Budget(s, b => b with { Tokens = 1 }), "Budget budget limit"),
        ("negative cost", s => Budget(s, b => b with { Cost = -0.000000001m }), "Budget budget limit.cost.amount"),
        ("cost too high", s => Budget(s, b => b with { Cost = 9_000_000.000000001m }), "Budget budget limit.cost.amount"),
        ("ten decimals", s => Budget(s, b => b with { Cost = 0.0000000001m }), "Budget budget limit.cost.amount"),
        ("negative token limit", s => Budget(s, b => b with { Cost = null, Tokens = -1 }), "Budget budget limit.tokens"),
        ("unknown zone", s => Budget(s, b => b with { TimeZone = "Mars/Olympus" }), "Budget budget timeZone"),
        ("budget's models", s => Budget(s, b => b with { Models = [""] }), "Budget budget models"),
    ];

    private static readonly (string Case, Func<ConfigSnapshot, ConfigSnapshot> Change)[] s_accepted =
    [
        ("nothing but a gateway", s => s with { Routes = [], Keys = [], Budgets = [], Credentials = [], Prices = [] }),
        ("no drain", s => Settings(s, x => x with { DrainTimeoutSeconds = 0 })),
        ("no retries", s => Settings(s, x => x with { Retry = new() { Attempts = 0 } })),
        ("free", s => Price(s, p => p with { Rates = new() { Input = 0, Output = 0 } })),
        ("highest rate", s => Price(s, p => p with { Rates = p.Rates with { Output = SnapshotValidator.MaxRate } })),
        ("service tier with rates", s => ServiceTier(s, new() { Rates = new() { Input = 1, Output = 1 }, Tiers = [Snapshots.Tier(5)] })),
        ("same model in another case", s => s with { Routes = [Snapshots.Route("r", "a"), Snapshots.Route("q", "A")] }),
        ("weight of 0", s => s with { Routes = [OneTarget(t => t with { Weight = 0 })] }),
        ("provider without a base URL", s => s with { Routes = [OneTarget(t => t with { Provider = Provider.OpenAI, BaseUrl = null })] }),
        ("no credential, no price", s => s with { Routes = [OneTarget(t => t with { Credential = null, Price = null })] }),
        ("plain http with a port", s => Url(s, "http://10.0.0.1:11434/v1")),
        ("certain fault", s => Simulated(s, new() { FaultStatus = 599, FaultPercent = 100, CutAfterChunks = 0 })),
        ("key without a secret yet", s => s with { Keys = [s.Keys[0] with { Hashes = [] }] }),
        ("key for nothing", s => s with { Keys = [s.Keys[0] with { Models = [] }] }),
        ("budget of 0", s => Budget(s, b => b with { Cost = 0 })),
        ("highest budget", s => Budget(s, b => b with { Cost = SnapshotValidator.MaxCost })),
        ("smallest budget", s => Budget(s, b => b with { Cost = 0.000000001m })),
        ("token budget", s => Budget(s, b => b with { Cost = null, Tokens = 0 })),
    ];

    private static IEnumerable<string> Findings(ConfigSnapshot snapshot)
    {
        var errors = SnapshotValidator.Validate(snapshot);
        errors.ShouldAllBe(e => e.Message.Length > 0 && e.Namespace == "team");
        return errors.Select(e => $"{e.Kind} {e.Name} {e.Field}");
    }

    private static IEnumerable<T> Twice<T>(T one) => [one, one];

    private static ConfigSnapshot Settings(ConfigSnapshot s, Func<SettingsConfig, SettingsConfig> change) =>
        s with { Settings = change(s.Settings) };

    private static ConfigSnapshot Price(ConfigSnapshot s, Func<PriceConfig, PriceConfig> change) =>
        s with { Prices = [change(s.Prices[0])] };

    private static ConfigSnapshot Budget(ConfigSnapshot s, Func<BudgetConfig, BudgetConfig> change) =>
        s with { Budgets = [change(s.Budgets[0])] };

    private static ConfigSnapshot Limits(ConfigSnapshot s, LimitsConfig limits) => s with { Keys = [s.Keys[0] with { Limits = limits }] };

    private static ConfigSnapshot ServiceTier(ConfigSnapshot s, ServiceTierConfig tier) =>
        Price(s, p => p with { ServiceTiers = ImmutableSortedDictionary<string, ServiceTierConfig>.Empty.Add("flex", tier) });

    private static ConfigSnapshot Url(ConfigSnapshot s, string url) => s with { Routes = [OneTarget(t => t with { BaseUrl = url })] };

    private static ConfigSnapshot Simulated(ConfigSnapshot s, SimulatedConfig simulated) =>
        s with { Routes = [OneTarget(t => t with { Provider = Provider.Simulated, Simulated = simulated })] };

    private static RouteConfig OneTarget(Func<TargetConfig, TargetConfig> change)
    {
        var route = Snapshots.Route("r", "m");
        return route with { Targets = [change(route.Targets[0])] };
    }

    private static RouteConfig TwoTargets(Func<TargetConfig, TargetConfig> second)
    {
        var route = Snapshots.Route("r", "m");
        return route with { Targets = [route.Targets[0], second(route.Targets[0])] };
    }
}
