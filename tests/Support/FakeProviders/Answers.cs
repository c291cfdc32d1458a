using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;

namespace Support.FakeProviders;

/// <summary>Answers that tests need again and again. Each is a value for <see cref="FakeProvider.Answer"/>.</summary>
public static class Answers
{
    /// <summary>The right answer to whatever OpenAI endpoint was called, streamed if the call asks for it.</summary>
    public static Func<FakeCall, Task> OpenAi(OpenAiAnswer? answer = null)
    {
        var a = answer ?? new();
        return call => call.Path switch
        {
            _ when call.Path.EndsWith("/embeddings", StringComparison.Ordinal) => call.JsonAsync(a.ToEmbeddingsJson()),
            _ when call.Path.EndsWith("/responses", StringComparison.Ordinal) =>
                call.WantsStream ? call.EventsAsync(a.ToResponseEvents()) : call.JsonAsync(a.ToResponseJson()),
            _ when call.Path.EndsWith("/chat/completions", StringComparison.Ordinal) =>
                call.WantsStream ? call.EventsAsync(a.ToChatEvents(WantsUsage(call))) : call.JsonAsync(a.ToChatJson()),
            _ when call.Path.EndsWith("/completions", StringComparison.Ordinal) => call.JsonAsync(a.ToCompletionJson()),
            _ => call.JsonAsync("""{"error":{"message":"no such path","type":"invalid_request_error","param":null,"code":null}}""", 404),
        };
    }

    /// <summary>
    /// The right answer of Anthropic's <c>/messages</c> and <c>/messages/count_tokens</c>, streamed if the call asks for it.
    /// </summary>
    public static Func<FakeCall, Task> Anthropic(AnthropicAnswer? answer = null)
    {
        var a = answer ?? new();
        return call => call.Path switch
        {
            _ when call.Path.EndsWith("/count_tokens", StringComparison.Ordinal) =>
                call.JsonAsync(new JsonObject { ["input_tokens"] = a.InputTokens }.ToJsonString()),
            _ when call.WantsStream => call.EventsAsync(a.ToEvents()),
            _ => call.JsonAsync(a.ToJson()),
        };
    }

    /// <summary>One answer after the other; the last one stays.</summary>
    public static Func<FakeCall, Task> InOrder(params Func<FakeCall, Task>[] answers)
    {
        var next = -1;
        return call => answers[Math.Min(Interlocked.Increment(ref next), answers.Length - 1)](call);
    }

    /// <summary>A body of JSON with that status.</summary>
    public static Func<FakeCall, Task> Json(string json, int status = 200, params (string Name, string Value)[] headers) =>
        call => call.JsonAsync(json, status, headers);

    /// <summary>An error in OpenAI's shape.</summary>
    public static Func<FakeCall, Task> OpenAiError(
        int status, string message = "it failed", string type = "server_error", params (string Name, string Value)[] headers)
    {
        var error = new JsonObject { ["message"] = message, ["type"] = type, ["param"] = null, ["code"] = null };
        return Json(new JsonObject { ["error"] = error }.ToJsonString(), status, headers);
    }

    /// <summary>An error in Anthropic's shape.</summary>
    public static Func<FakeCall, Task> AnthropicError(
        int status, string message = "it failed", string type = "api_error", params (string Name, string Value)[] headers)
    {
        var error = new JsonObject { ["type"] = type, ["message"] = message };
        return Json(
            new JsonObject { ["type"] = "error", ["error"] = error, ["request_id"] = "req_1" }.ToJsonString(), status, headers);
    }

    /// <summary>A page, as edges and proxies send it.</summary>
    public static Func<FakeCall, Task> Html(int status = 502) => async call =>
    {
        await call.StartAsync(status, "text/html");
        await call.SendAsync("<html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1></body></html>");
    };

    /// <summary>JSON that is compressed although nobody asked for it.</summary>
    public static Func<FakeCall, Task> Gzip(string json) => async call =>
    {
        using var buffer = new MemoryStream();
        await using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest, leaveOpen: true))
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(json));
        await call.StartAsync(200, "application/json", ("content-encoding", "gzip"));
        await call.SendAsync(buffer.ToArray());
    };

    /// <summary>JSON of so many bytes: one long string in <c>{"text":"…"}</c>.</summary>
    public static Func<FakeCall, Task> Large(long bytes) => async call =>
    {
        const string head = """{"text":" """;
        const string tail = "\"}";
        await call.StartAsync(200, "application/json", ("content-length", bytes.ToString(CultureInfo.InvariantCulture)));
        await call.SendAsync(head);
        var block = new byte[64 * 1024];
        block.AsSpan().Fill((byte)'x');
        for (var left = bytes - head.Length - tail.Length; left > 0; left -= block.Length)
            await call.SendAsync(block.AsMemory(0, (int)Math.Min(left, block.Length)));
        await call.SendAsync(tail);
    };

    /// <summary>Takes the call and says nothing.</summary>
    public static Func<FakeCall, Task> Never() => call => call.StallAsync();

    /// <summary>Good headers, then nothing.</summary>
    public static Func<FakeCall, Task> HeadersThenNothing(string contentType = "text/event-stream") => async call =>
    {
        await call.StartAsync(200, contentType);
        await call.StallAsync();
    };

    /// <summary>These events, and then a reset, a hang-up or silence instead of an end.</summary>
    public static Func<FakeCall, Task> EventsThen(IEnumerable<string> events, StreamEnd end) => async call =>
    {
        await call.EventsAsync(events);
        await EndAsync(call, end);
    };

    /// <summary>These events, and more of them once the gate is open.</summary>
    public static Func<FakeCall, Task> EventsThen(IEnumerable<string> events, Task gate, params IEnumerable<string> rest) => async call =>
    {
        await call.EventsAsync(events);
        await gate;
        foreach (var e in rest)
            await call.SendAsync(e);
    };

    /// <summary>
    /// The first <paramref name="bytes"/> bytes of the JSON under a content-length that promises all of it, then the end.
    /// </summary>
    public static Func<FakeCall, Task> CutJson(string json, int bytes, StreamEnd end = StreamEnd.Reset) => async call =>
    {
        var all = Encoding.UTF8.GetBytes(json);
        await call.StartAsync(200, "application/json", ("content-length", all.Length.ToString(CultureInfo.InvariantCulture)));
        await call.SendAsync(all.AsMemory(0, bytes));
        await EndAsync(call, end);
    };

    /// <summary>An event stream sent in pieces of that many bytes, whatever they cut in two.</summary>
    public static Func<FakeCall, Task> EventsInPieces(IEnumerable<string> events, int pieceBytes) => async call =>
    {
        var all = Encoding.UTF8.GetBytes(string.Concat(events));
        await call.StartAsync(200, "text/event-stream");
        foreach (var piece in all.Chunk(pieceBytes))
            await call.SendAsync(piece);
    };

    /// <summary>The connection is reset before any byte of an answer.</summary>
    public static Func<FakeCall, Task> Reset() => call =>
    {
        call.Reset();
        return Task.CompletedTask;
    };

    private static Task EndAsync(FakeCall call, StreamEnd end)
    {
        switch (end)
        {
            case StreamEnd.Reset:
                call.Reset();
                return Task.CompletedTask;
            case StreamEnd.HangUp:
                call.HangUp();
                return Task.CompletedTask;
            case StreamEnd.Stall:
                return call.StallAsync();
            default:
                return Task.CompletedTask;
        }
    }

    private static bool WantsUsage(FakeCall call) => (bool?)call.Json["stream_options"]?["include_usage"] ?? false;
}
