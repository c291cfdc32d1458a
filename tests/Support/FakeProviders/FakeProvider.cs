using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Support.FakeProviders;

/// <summary>
/// A provider on a real socket whose every answer the test writes: see <see cref="Answers"/> for the usual ones and
/// <see cref="FakeCall"/> for the rest. It keeps what it was asked.
/// </summary>
/// <example>
/// <code>
/// await using var provider = await FakeProvider.StartAsync(Answers.OpenAi(new() { Text = "Hello" }));
/// // ... point a target's baseUrl at provider.BaseUrl, call the gateway ...
/// provider.Calls.ShouldHaveSingleItem().Headers["authorization"].ShouldBe("Bearer upstream");
/// </code>
/// </example>
public sealed class FakeProvider : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<FakeCall> _calls = new();
    private readonly Channel<FakeCall> _arrivals = Channel.CreateUnbounded<FakeCall>();
    private readonly CancellationTokenSource _stopping = new();
    private volatile Func<FakeCall, Task> _answer;

    private FakeProvider(Func<FakeCall, Task> answer)
    {
        _answer = answer;
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
        });
        // A flush returns when the socket has taken the bytes, so a reset after it cannot overtake them.
        builder.Services.Configure<SocketTransportOptions>(o => o.MaxWriteBufferSize = 1);
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Run(ServeAsync);
    }

    /// <summary><c>http://127.0.0.1:port</c>, without a slash at the end.</summary>
    public string Url { get; private set; } = "";

    /// <summary>What a target of either dialect names as its base URL.</summary>
    public string BaseUrl => Url + "/v1";

    /// <summary>Writes each answer; may be replaced between calls. Default: <see cref="Answers.OpenAi"/>.</summary>
    public Func<FakeCall, Task> Answer
    {
        get => _answer;
        set => _answer = value;
    }

    /// <summary>Every call so far, in the order in which their bodies were complete.</summary>
    public ImmutableArray<FakeCall> Calls => [.. _calls];

    /// <summary>Starts on a free port of 127.0.0.1.</summary>
    public static async Task<FakeProvider> StartAsync(Func<FakeCall, Task>? answer = null)
    {
        var provider = new FakeProvider(answer ?? Answers.OpenAi());
        await provider._app.StartAsync();
        var addresses = provider._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        provider.Url = addresses.Addresses.Single();
        return provider;
    }

    /// <summary>The next call that this method has not returned yet; waits for it to arrive, at most 30 s.</summary>
    public async Task<FakeCall> NextCallAsync(CancellationToken cancellationToken = default) =>
        await _arrivals.Reader.ReadAsync(cancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30), cancellationToken);

    /// <summary>Breaks every open connection and stops listening.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task ServeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        try
        {
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        }
        catch (Exception e) when (e is IOException or BadHttpRequestException or OperationCanceledException)
        {
            return; // a request that was never whole is no call
        }

        var call = new FakeCall(context, body.ToArray(), _stopping.Token);
        _calls.Enqueue(call);
        _arrivals.Writer.TryWrite(call);
        await call.AnswerAsync(_answer);
    }
}
