using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Contract;
using Gateway.Server.Providers.Simulated;
using Support;

namespace Gateway.Tests.Providers.Simulated;

/// <summary>
/// The bytes of the simulated provider's answers. A case is a folder of one <c>request.http</c> (path, then simulation as JSON, an empty
/// line, the body) and the <c>answer.http</c> that it gets.
/// </summary>
public sealed class SimulatedHandlerTests
{
    private static readonly string s_cases = Path.Combine(
        GoldenFile.RepositoryRoot, "tests", "Gateway.Tests", "Providers", "Simulated", "cases");

    public static TheoryData<string> Cases =>
        new(Directory.GetDirectories(s_cases).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Answer_IsTheGoldenOne(string name)
    {
        var folder = Path.Combine(s_cases, name);
        var request = await File.ReadAllTextAsync(Path.Combine(folder, "request.http"), TestContext.Current.CancellationToken);

        GoldenFile.Difference(Path.Combine(folder, "answer.http"), await AnswerAsync(request)).ShouldBeNull();
    }

    [Fact]
    public async Task Latency_HoldsTheAnswerBackUntilItsCallerGivesUp()
    {
        using var impatient = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var invoker = new HttpMessageInvoker(new SimulatedHandler(Clock(), () => 0));
        using var request = Request("/v1/chat/completions", """{"model":"m","messages":[]}""", new() { LatencyMilliseconds = 1 });

        // The clock stands still, so the answer never comes.
        var answer = invoker.SendAsync(request, impatient.Token);
        answer.IsCompleted.ShouldBeFalse();
        await impatient.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => answer);
    }

    [Theory]
    [InlineData(0.49, 500)]
    [InlineData(0.5, 200)]
    public async Task FaultPercent_IsTheShareOfCallsThatMeetTheFault(double dice, int expected)
    {
        using var invoker = new HttpMessageInvoker(new SimulatedHandler(Clock(), () => dice));
        using var request = Request(
            "/v1/chat/completions", """{"model":"m","messages":[]}""", new() { FaultStatus = 500, FaultPercent = 50 });

        using var answer = await invoker.SendAsync(request, TestContext.Current.CancellationToken);

        ((int)answer.StatusCode).ShouldBe(expected);
    }

    private static async Task<string> AnswerAsync(string text)
    {
        var (head, body) = text.Split("\n\n", 2) is [var first, var rest]
            ? (first.Split('\n', 2), rest)
            : throw new InvalidDataException(text);
        var config = head.Length > 1 ? JsonSerializer.Deserialize<SimulatedConfig>(head[1], s_json)! : new();
        using var invoker = new HttpMessageInvoker(new SimulatedHandler(Clock(), () => 0));
        using var request = Request(head[0], body, config);
        using var answer = await invoker.SendAsync(request, TestContext.Current.CancellationToken);
        var written = new StringBuilder();
        written.Append(CultureInfo.InvariantCulture, $"{(int)answer.StatusCode}\n");
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers).OrderBy(h => h.Key, StringComparer.Ordinal))
            written.Append(CultureInfo.InvariantCulture, $"{name}: {string.Join(", ", values)}\n");
        written.Append('\n');
        try
        {
            await using var stream = await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
            var buffer = new byte[64 * 1024];
            int read;
            while ((read = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken)) > 0)
                written.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }
        catch (IOException)
        {
            written.Append("(the connection breaks)");
        }

        return written.ToString();
    }

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    private static HttpRequestMessage Request(string path, string body, SimulatedConfig config)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "http://simulated.invalid" + path) { Content = new StringContent(body) };
        request.Options.Set(SimulatedHandler.ConfigKey, config);
        return request;
    }

    private static ManualTimeProvider Clock() => new(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
}
