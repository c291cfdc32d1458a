using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Gateway.Contract;
using Support;
using Support.FakeProviders;

namespace Gateway.Tests.Flow;

/// <summary>What a caller is told whose key or budget does not admit a call: status, headers and body, in both dialects.</summary>
public sealed partial class RefusalTests
{
    private const string Body = """{"model":"m","max_tokens":16,"messages":[{"role":"user","content":"hi"}]}""";

    private static readonly string s_cases = Path.Combine(GoldenFile.RepositoryRoot, "tests/Gateway.Tests/Flow/refusals");

    private static readonly (string Name, Func<ConfigSnapshot, ConfigSnapshot> Change)[] s_all =
    [
        ("budget-spent", c => Budget(c, b => b with { Cost = 0, Period = BudgetPeriod.Monthly })),
        ("budget-spent-that-never-resets", c => Budget(c, b => b with { Cost = 0 })),
        ("budget-has-too-little-left", c => Budget(c, b => b with { Cost = 0.00001m, Period = BudgetPeriod.Monthly })),
        ("budget-in-tokens", c => Budget(c, b => b with { Cost = null, Tokens = 5, Period = BudgetPeriod.Monthly })),
        ("budget-taken-up-by-a-live-call", c => Budget(c, b => b with { Cost = 0.00005m })),
        ("requests-of-the-minute", c => Limits(c, new() { RequestsPerMinute = 1 })),
        ("tokens-of-the-minute", c => Limits(c, new() { TokensPerMinute = 20 })),
        ("tokens-that-never-fit", c => Limits(c, new() { TokensPerMinute = 5 })),
        ("parallel-requests", c => Limits(c, new() { MaxParallelRequests = 1 })),
        ("no-price", c => c with { Routes = [.. c.Routes.Select(r => r with { Targets = [r.Targets[0] with { Price = null }] })] }),
    ];

    public static TheoryData<string, string> Cases() =>
        [.. s_all.SelectMany(c => new[] { (c.Name, "/v1/chat/completions"), (c.Name, "/v1/messages") })];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_refusal_says_what_stands_in_the_way_and_when_that_changes(string name, string path)
    {
        var isAnthropic = path == "/v1/messages";
        var release = new TaskCompletionSource();
        await using var provider = await FakeProvider.StartAsync(async call =>
        {
            await release.Task;
            await call.JsonAsync(isAnthropic ? new AnthropicAnswer().ToJson() : new OpenAiAnswer().ToChatJson());
        });
        var target = isAnthropic ? TestConfig.Anthropic(provider.BaseUrl) : TestConfig.OpenAI(provider.BaseUrl);
        var config = s_all.Single(c => c.Name == name).Change(TestConfig.Of(TestConfig.Route("m", target)));
        await using var gateway = await GatewayUnderTest.StartAsync(config);

        // The first that is refused: calls before it live until then. A minute may end between two, so there may be a third.
        var live = new List<Task<HttpResponseMessage>>();
        HttpResponseMessage refused;
        while (true)
        {
            var call = gateway.PostAsync(path, Body);
            var arrived = provider.NextCallAsync(TestContext.Current.CancellationToken);
            if (await Task.WhenAny(call, arrived) == call)
            {
                refused = await call;
                break;
            }

            live.Add(call);
        }

        var text = await DescribeAsync(refused);
        release.SetResult();
        foreach (var call in live)
            (await call).Dispose();
        var file = Path.Combine(s_cases, $"{name}.{(isAnthropic ? "anthropic" : "openai")}.txt");
        GoldenFile.Difference(file, text).ShouldBeNull();
    }

    private static ConfigSnapshot Budget(ConfigSnapshot config, Func<BudgetConfig, BudgetConfig> change) =>
        config with { Budgets = [change(config.Budgets[0])] };

    private static ConfigSnapshot Limits(ConfigSnapshot config, LimitsConfig limits) =>
        config with { Keys = [config.Keys[0] with { Limits = limits }] };

    /// <summary>Times are written as how far off they are.</summary>
    private static async Task<string> DescribeAsync(HttpResponseMessage response)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{(int)response.StatusCode}\n");
        foreach (var (name, values) in response.Headers.OrderBy(h => h.Key, StringComparer.Ordinal))
        {
            var lower = name.ToLowerInvariant();
            if (lower.Contains("rate", StringComparison.Ordinal) || lower.Contains("retry", StringComparison.Ordinal)
                || lower.Contains("budget", StringComparison.Ordinal))
                text.Append(CultureInfo.InvariantCulture, $"{lower}: {Seconds(lower, values.Single())}\n");
        }

        var body = await response.TextAsync();
        text.Append(Id().Replace(Time().Replace(body, m => Ahead(m.Value)), "\"request_id\":\"…\"")).Append('\n');
        return text.ToString();
    }

    private static string Seconds(string name, string value)
    {
        if (Time().Match(value) is { Success: true } time)
            return Ahead(time.Value);
        var isTime = name == "retry-after" || name.StartsWith("x-ratelimit-reset", StringComparison.Ordinal);
        return isTime ? Within(int.Parse(value.TrimEnd('s'), CultureInfo.InvariantCulture)) : value;
    }

    private static string Ahead(string time)
    {
        var at = DateTimeOffset.Parse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        return Within((at - TimeProvider.System.GetUtcNow()).TotalSeconds);
    }

    private static string Within(double seconds) => seconds switch
    {
        < -5 => "past",
        <= 60 => "within a minute",
        _ => "later",
    };

    [GeneratedRegex(@"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Time();

    [GeneratedRegex("\"request_id\":\"[^\"]*\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Id();
}
