using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Operator.Tests.Alerts;

/// <summary>What a user's webhook would be, over a real socket.</summary>
internal sealed class AlertReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<ReceivedAlert> _received = [];

    private AlertReceiver()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(ReceiveAsync);
    }

    /// <summary>By the number of the attempt, from 0.</summary>
    public Func<int, int> Answer { get; set; } = _ => StatusCodes.Status204NoContent;

    /// <summary>No attempt is answered before.</summary>
    public Task Opens { get; set; } = Task.CompletedTask;

    public Uri Url => new(_app.Urls.Single() + "/hook");

    /// <summary>In the order in which they came, those that were refused too.</summary>
    public ImmutableArray<ReceivedAlert> Received => [.. _received];

    public static async Task<AlertReceiver> StartAsync()
    {
        var receiver = new AlertReceiver();
        await receiver._app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task ReceiveAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var attempt = _received.Count;
        var body = await reader.ReadToEndAsync();
        _received.Enqueue(new(
            http.Request.Method,
            http.Request.Path,
            http.Request.Headers["webhook-id"].ToString(),
            DateTimeOffset.FromUnixTimeSeconds(long.Parse(http.Request.Headers["webhook-timestamp"].ToString(), CultureInfo.InvariantCulture)),
            http.Request.Headers["webhook-signature"].ToString(),
            body));
        await Opens.WaitAsync(http.RequestAborted);
        http.Response.StatusCode = Answer(attempt);
        http.Response.Headers.Location = "/elsewhere";
    }
}

/// <summary>One attempt.</summary>
internal sealed record ReceivedAlert(string Method, string Path, string Id, DateTimeOffset Time, string Signature, string Body);
