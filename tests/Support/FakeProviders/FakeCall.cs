using System.Collections.Immutable;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Support.FakeProviders;

/// <summary>
/// One call that a <see cref="FakeProvider"/> received, and the pen with which its answer is written. Each sending method returns when
/// the socket has taken the bytes; to control when a piece goes out, await a <see cref="TaskCompletionSource"/> before it.
/// </summary>
public sealed class FakeCall
{
    private readonly HttpContext _context;
    private readonly CancellationToken _stopping;
    private readonly TaskCompletionSource _clientGone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _brokenByUs;

    internal FakeCall(HttpContext context, byte[] body, CancellationToken stopping)
    {
        _context = context;
        _stopping = stopping;
        Method = context.Request.Method;
        Path = context.Request.Path.ToUriComponent();
        Query = context.Request.QueryString.Value ?? "";
        Headers = context.Request.Headers.ToImmutableSortedDictionary(
            h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        ConnectionId = context.Connection.Id;
        Body = [.. body];
    }

    public string Method { get; }

    /// <summary>Without the query.</summary>
    public string Path { get; }

    /// <summary>With its question mark, or empty.</summary>
    public string Query { get; }

    /// <summary>Names in any case; several values are joined by a comma.</summary>
    public ImmutableSortedDictionary<string, string> Headers { get; }

    /// <summary>Tells whether two calls came over one connection.</summary>
    public string ConnectionId { get; }

    public ImmutableArray<byte> Body { get; }

    public string BodyText => Encoding.UTF8.GetString(Body.AsSpan());

    /// <summary>The body as a JSON object; throws where it is none.</summary>
    public JsonObject Json => JsonNode.Parse(Body.AsSpan())!.AsObject();

    /// <summary>Whether the body asks for a stream.</summary>
    public bool WantsStream => (bool?)Json["stream"] ?? false;

    /// <summary>Completes when the caller goes away before the answer's end. Never, when it stays.</summary>
    public Task ClientGone => _clientGone.Task;

    /// <summary>Completes when the answer has been written, or broken off by us or the caller.</summary>
    public Task Ended => _ended.Task;

    /// <summary>What the test's answer threw; the caller got a 500 with its text, if that was still possible.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Sends the status line and headers now. Without a content-length the body will be chunked.</summary>
    public async Task StartAsync(int status = 200, string contentType = "application/json", params (string Name, string Value)[] headers)
    {
        ArgumentNullException.ThrowIfNull(headers);
        var response = _context.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        foreach (var (name, value) in headers)
            response.Headers.Append(name, value);
        await response.StartAsync();
        await response.Body.FlushAsync();
    }

    /// <summary>Sends a piece of the body now.</summary>
    public Task SendAsync(string piece) => SendAsync(Encoding.UTF8.GetBytes(piece));

    /// <inheritdoc cref="SendAsync(string)"/>
    public async Task SendAsync(ReadOnlyMemory<byte> piece)
    {
        await _context.Response.Body.WriteAsync(piece);
        await _context.Response.Body.FlushAsync();
    }

    /// <summary>A whole answer with a content-length.</summary>
    public async Task JsonAsync(string json, int status = 200, params (string Name, string Value)[] headers)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        await StartAsync(
            status, "application/json", [("content-length", bytes.Length.ToString(CultureInfo.InvariantCulture)), .. headers]);
        await SendAsync(bytes);
    }

    /// <summary>A whole event stream; each event goes out by itself.</summary>
    public async Task EventsAsync(IEnumerable<string> events)
    {
        ArgumentNullException.ThrowIfNull(events);
        await StartAsync(200, "text/event-stream");
        foreach (var e in events)
            await SendAsync(e);
    }

    /// <summary>
    /// Bytes straight onto the socket, past all HTTP: broken status lines, lying headers, bad chunks. Then reset or hang up.
    /// </summary>
    public Task RawAsync(string latin1) => RawAsync(Encoding.Latin1.GetBytes(latin1));

    /// <inheritdoc cref="RawAsync(string)"/>
    public async Task RawAsync(ReadOnlyMemory<byte> bytes)
    {
        var socket = Socket();
        while (!bytes.IsEmpty)
            bytes = bytes[await socket.SendAsync(bytes)..];
    }

    /// <summary>Breaks the connection with a TCP reset.</summary>
    public void Reset()
    {
        _brokenByUs = true;
        var socket = Socket();
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        socket.Close();
    }

    /// <summary>Ends the connection in good order on TCP's level, wherever the answer stands.</summary>
    public void HangUp()
    {
        _brokenByUs = true;
        Socket().Shutdown(SocketShutdown.Both);
    }

    /// <summary>Sends nothing more until the caller goes away or the provider is disposed.</summary>
    public async Task StallAsync()
    {
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var stopping = _stopping.Register(end.SetResult);
        await Task.WhenAny(end.Task, ClientGone);
        _context.Abort();
    }

    internal async Task AnswerAsync(Func<FakeCall, Task> answer)
    {
        await using var gone = _context.RequestAborted.Register(() =>
        {
            if (!_brokenByUs && !_stopping.IsCancellationRequested)
                _clientGone.TrySetResult();
        });
        try
        {
            await answer(this);
        }
        catch (Exception e)
        {
            Failure = e;
            if (_context.Response.HasStarted)
                _context.Abort();
            else
                await JsonAsync(new JsonObject { ["error"] = $"the test's answer failed: {e.Message}" }.ToJsonString(), 500);
        }
        finally
        {
            _ended.TrySetResult();
        }
    }

    private Socket Socket() => _context.Features.Get<IConnectionSocketFeature>()!.Socket;
}
