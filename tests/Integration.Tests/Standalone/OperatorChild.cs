using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Support;

namespace Integration.Tests.Standalone;

/// <summary>
/// The operator as its own process in standalone mode, as <c>make run</c> starts it, and a client of the gateway that it runs.
/// </summary>
internal sealed class OperatorChild : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false });

    private OperatorChild(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(line.Data, _output);
        process.ErrorDataReceived += (_, line) => Keep(line.Data, _errors);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Everything on standard output so far.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>Everything on standard error so far: notices and findings.</summary>
    public string Errors => string.Join('\n', _errors);

    /// <summary>The newest <c>export GATEWAY_URL=…</c>; null before.</summary>
    public string? Url => Export("GATEWAY_URL");

    /// <summary>The newest <c>export GATEWAY_KEY=…</c>; null before.</summary>
    public string? Key => Export("GATEWAY_KEY");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts it on free ports, or as <paramref name="more"/> says; returns at once.</summary>
    public static OperatorChild Start(StandaloneFolder folder, params string[] more) => Start(folder, [], more);

    /// <inheritdoc cref="Start(StandaloneFolder, string[])"/>
    public static OperatorChild Start(StandaloneFolder folder, Dictionary<string, string> environment, params string[] more)
    {
        var configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/'));
        var program = Path.Combine(GoldenFile.RepositoryRoot, "artifacts", "bin", "Operator", configuration, "operator");
        string[] arguments = ["standalone", "--manifests", folder.Manifests, "--state", folder.State];
        string[] ports = more.Contains("--port") ? [] : ["--port", "0"];
        var start = Signals.Interruptible(program, [.. arguments, "--metrics-port", "0", .. ports, .. more]);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.Environment.Remove("OPENAI_API_KEY");
        start.Environment.Remove("ANTHROPIC_API_KEY");
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return new(Process.Start(start)!);
    }

    /// <summary>Starts it and waits until it has told where it serves.</summary>
    public static async Task<OperatorChild> ServeAsync(StandaloneFolder folder, Dictionary<string, string>? environment = null)
    {
        var child = Start(folder, environment ?? []);
        await child.UntilAsync(() => child.Key is not null);
        return child;
    }

    /// <summary>Waits for what other processes do. Fails with all that was said where it does not happen.</summary>
    public Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    /// <inheritdoc cref="UntilAsync(Func{bool})"/>
    public async Task UntilAsync(Func<Task<bool>> condition)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            (waited.Elapsed < s_patience).ShouldBeTrue($"not in time; it has said:\n{Output}\n{Errors}");
            await Task.Delay(s_look, Cancellation);
        }
    }

    /// <summary>Waits for a text on standard error.</summary>
    public Task UntilSaidAsync(string text) => UntilAsync(() => Errors.Contains(text, StringComparison.Ordinal));

    /// <summary>One call; a gateway that does not listen answers 503.</summary>
    public async Task<(HttpStatusCode Status, string Body)> CallAsync(string path, string body, string? key = null)
    {
        using var request =
            new HttpRequestMessage(HttpMethod.Post, Url + path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new("Bearer", key ?? Key);
        if (path == "/v1/messages")
            request.Headers.Add("anthropic-version", "2023-06-01");
        try
        {
            using var reply = await _client.SendAsync(request, Cancellation);
            return (reply.StatusCode, await reply.Content.ReadAsStringAsync(Cancellation));
        }
        catch (HttpRequestException)
        {
            return (HttpStatusCode.ServiceUnavailable, "");
        }
    }

    public Task<(HttpStatusCode Status, string Body)> ChatAsync(string model, string? key = null) =>
        CallAsync("/v1/chat/completions", $$"""{"model":"{{model}}","messages":[{"role":"user","content":"hi"}]}""", key);

    /// <summary>Until a chat with the model has this status and, unless null, says this.</summary>
    public Task UntilChatAsync(string model, HttpStatusCode status, string? says = null, string? key = null) => UntilAsync(async () =>
    {
        var (got, body) = await ChatAsync(model, key);
        return got == status && (says is null || body.Contains(says, StringComparison.Ordinal));
    });

    /// <summary>What the key has spent, as it is told itself.</summary>
    public async Task<decimal> SpendAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Url + "/key/info");
        request.Headers.Authorization = new("Bearer", Key);
        using var reply = await _client.SendAsync(request, Cancellation);
        var info = JsonNode.Parse(await reply.Content.ReadAsStringAsync(Cancellation))!;
        return info["info"]!["spend"]!.GetValue<decimal>();
    }

    /// <summary>The exports as a shell sees them that evaluates standard output's.</summary>
    public async Task<(string Url, string Key)> EvaluateAsync()
    {
        var exports = string.Join('\n', _output.Where(l => l.StartsWith("export ", StringComparison.Ordinal)));
        var start = new ProcessStartInfo("/bin/sh", ["-c", exports + "\nprintf '%s\\n%s\\n' \"$GATEWAY_URL\" \"$GATEWAY_KEY\""])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using var shell = Process.Start(start)!;
        var lines = (await shell.StandardOutput.ReadToEndAsync(Cancellation)).Split('\n');
        return (lines[0], lines[1]);
    }

    /// <summary>The process of the gateway that it has started, by what Linux says of parents.</summary>
    public int GatewayId() => Directory.GetDirectories("/proc")
        .Select(p => int.TryParse(Path.GetFileName(p), CultureInfo.InvariantCulture, out var id) ? id : 0)
        .Single(id => id > 0 && Stat(id) is { } stat && stat.Parent == _process.Id && stat.State != 'Z');

    /// <summary>Whether the process runs; one that has ended and that nobody has asked about does not.</summary>
    public static bool IsRunning(int id) => Stat(id) is { State: not ('Z' or 'X') };

    /// <summary>Sends a signal, as INT or KILL.</summary>
    public static async Task SignalAsync(int id, string signal)
    {
        using var shell = Process.Start("/bin/sh", ["-c", string.Create(CultureInfo.InvariantCulture, $"kill -{signal} {id}")]);
        await shell.WaitForExitAsync(Cancellation);
    }

    /// <inheritdoc cref="SignalAsync(int, string)"/>
    public Task SignalAsync(string signal) => SignalAsync(_process.Id, signal);

    /// <summary>Its exit code.</summary>
    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync(Cancellation).WaitAsync(s_patience, Cancellation);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await SignalAsync("TERM");
            await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(s_patience);
        }

        _process.Dispose();
        _client.Dispose();
    }

    private static void Keep(string? line, ConcurrentQueue<string> lines)
    {
        if (line is not null)
            lines.Enqueue(line);
    }

    private string? Export(string name) =>
        _output.LastOrDefault(l => l.StartsWith($"export {name}=", StringComparison.Ordinal))?.Split('=', 2)[1];

    /// <summary>
    /// https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html; the name of the program, in brackets, may hold anything.
    /// </summary>
    private static (char State, int Parent)? Stat(int id)
    {
        try
        {
            var text = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/stat"));
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return (fields[0][0], int.Parse(fields[1], CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            return null;
        }
    }
}
