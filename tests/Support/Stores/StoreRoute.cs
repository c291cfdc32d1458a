using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Support.Stores;

/// <summary>The way to a store over the network: it can be slow, hold back what is said, be cut, and lead to another server.</summary>
public sealed class StoreRoute : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Socket, bool> _sockets = new();
    private readonly Task _accepting;
    private volatile TaskCompletionSource _questions = Open();
    private volatile TaskCompletionSource _answers = Open();

    private StoreRoute(StoreProcess server)
    {
        Server = server;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where new connections lead.</summary>
    public StoreProcess Server { get; set; }

    /// <summary>By how much each question and each answer is late.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Where clients find it.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>A way that is as good as none.</summary>
    public static StoreRoute To(StoreProcess server) => new(server);

    /// <summary>The URL of the server by this way.</summary>
    public string Url(string url) => url.Replace(
        string.Create(CultureInfo.InvariantCulture, $":{Server.Port}"),
        string.Create(CultureInfo.InvariantCulture, $":{Port}"),
        StringComparison.Ordinal);

    /// <summary>What clients send stays on its way, even when they are gone, until <see cref="Release"/>.</summary>
    public void HoldQuestions() => _questions = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The server gets all questions, and nobody its answers until <see cref="Release"/>.</summary>
    public void HoldAnswers() => _answers = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What was held back goes on.</summary>
    public void Release()
    {
        _questions.TrySetResult();
        _answers.TrySetResult();
    }

    /// <summary>Ends all connections; what is on its way is lost.</summary>
    public void Cut()
    {
        foreach (var socket in _sockets.Keys)
            socket.Dispose();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        Cut();
        Release();
        await _accepting;
    }

    private static TaskCompletionSource Open()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
                connections.Add(CarryAsync(await _listener.AcceptSocketAsync()));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The listener was stopped.
        }

        await Task.WhenAll(connections);
    }

    private async Task CarryAsync(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        _sockets[client] = true;
        _sockets[server] = true;
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, Server.Port);
            await Task.WhenAll(PumpAsync(client, server, () => _questions), PumpAsync(server, client, () => _answers));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Nobody answers there.
        }
        finally
        {
            client.Dispose();
            _sockets.TryRemove(client, out _);
            _sockets.TryRemove(server, out _);
        }
    }

    private async Task PumpAsync(Socket from, Socket to, Func<TaskCompletionSource> gate)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is var count and > 0)
            {
                await Task.Delay(Delay);
                await gate().Task;
                for (var sent = 0; sent < count;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One of the two went away, so the other is of no use.
            from.Dispose();
            to.Dispose();
        }
    }
}
