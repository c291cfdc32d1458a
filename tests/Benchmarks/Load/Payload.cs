using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Benchmarks.Load;

/// <summary>Requests and answers of known sizes.</summary>
internal static class Payload
{
    public const string Key = "sk-benchmark-0123456789abcdef";
    public const int StreamChunks = 200;

    private const int ChunkBytes = 200;
    private const int AnswerBytes = 1024;
    private const int TurnBytes = 900;
    private const string Words = "The quick \"brown\" fox jumps over the lazy dog, line by line:\n and once more, with feeling — ";

    /// <summary>As clients write it: quotes and line ends escaped, other letters not.</summary>
    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A chat of about so many bytes, in turns of about a kilobyte.</summary>
    public static string Chat(string model, int bytes, bool stream)
    {
        var messages = new JsonArray();
        for (var left = bytes; left > 0; left -= TurnBytes)
        {
            var text = string.Concat(Enumerable.Repeat(Words, 1 + Math.Min(left, TurnBytes) / Words.Length));
            messages.Add(new JsonObject { ["role"] = messages.Count % 2 == 0 ? "user" : "assistant", ["content"] = text });
        }

        var body = new JsonObject { ["model"] = model, ["messages"] = messages, ["max_tokens"] = 256, ["temperature"] = 0.7 };
        if (stream)
            body["stream"] = true;
        return body.ToJsonString(s_json);
    }

    /// <summary>A whole request on the wire.</summary>
    public static byte[] Request(string path, string body, string key = Key) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nAccept: */*\r\n"
        + $"User-Agent: benchmark/1.0\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"));

    /// <summary>An unstreamed answer of one kilobyte, as the upstream sends it.</summary>
    public static byte[] Answer()
    {
        var body = Padded(
            AnswerBytes,
            "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1760000000,\"model\":\"m\","
            + "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\".",
            "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":500,\"completion_tokens\":180,\"total_tokens\":680}}");
        return Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
    }

    public static byte[] StreamHeaders() =>
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray();

    public static byte[] RoleChunk() => Chunk(Event("""{"role":"assistant","content":""}""", "null"));

    /// <summary>A content chunk of 200 bytes.</summary>
    public static byte[] ContentChunk()
    {
        var empty = Event("""{"content":"."}""", "null");
        return Chunk(empty.Replace("\".\"", "\"." + new string('x', ChunkBytes - empty.Length) + "\"", StringComparison.Ordinal));
    }

    /// <summary>The end of a stream: finish, usage, [DONE].</summary>
    public static byte[] StreamEnd() =>
    [
        .. Chunk(Event("{}", "\"stop\"")),
        .. Chunk(s_usage),
        .. Chunk("data: [DONE]\n\n"),
        .. "0\r\n\r\n"u8,
    ];

    private static readonly string s_usage = "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,"
        + "\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":500,\"completion_tokens\":200,\"total_tokens\":700}}\n\n";

    private static string Event(string delta, string finish) =>
        "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,\"model\":\"m\",\"choices\":["
            + "{\"index\":0,\"delta\":"
        + delta + ",\"finish_reason\":" + finish + "}]}\n\n";

    private static byte[] Chunk(string text) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{text.Length:x}\r\n{text}\r\n"));

    private static string Padded(int length, string start, string end) => start + new string('x', length - start.Length - end.Length) + end;
}
