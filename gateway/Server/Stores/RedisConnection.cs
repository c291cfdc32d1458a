using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Gateway.Contract;

namespace Gateway.Server.Stores;

/// <summary>
/// One connection to Redis: commands go out as they come, many on their way at once, and each is answered within its bound, if only by
/// that there was no answer. No failure is an exception.
/// </summary>
/// <remarks>
/// What we ask of Redis is scripts, one after the other, under every call. So there are no commands, types and topologies here, and a call
/// goes on where its answer was read, without another thread; see <see cref="Hosting.SocketThreads"/>.
/// </remarks>
internal sealed class RedisConnection : IDisposable
{
    private const int DefaultPort = 6379;
    private const int FirstBuffer = 16 * 1024;

    // What a server leaves unread for so long that this much waits is no use to anybody.
    private const int MaxUnsent = 64 * 1024 * 1024;
    private const int KeptBuffer = 1024 * 1024;

    // An answer that has come is worth waiting for, until we have read it.
    private const int BoundsToRead = 10;

    // How exactly bounds are kept, and when a server counts as gone that answers nothing.
    private static readonly TimeSpan s_beat = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(10);

    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Queue<Pending> _pending = new();
    private readonly ITimer _timer;
    private ArrayBufferWriter<byte> _filling = new(FirstBuffer);
    private ArrayBufferWriter<byte> _sending = new(FirstBuffer);
    private bool _isSending;
    private bool _isTimed;
    private volatile bool _isAnswering;
    private volatile bool _isClosed;

    private RedisConnection(Socket socket, Stream stream, TimeProvider time)
    {
        (_socket, _stream, _time) = (socket, stream, time);
        _timer = time.CreateTimer(_ => Beat(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _ = ReadAsync();
    }

    public bool IsOpen => !_isClosed;

    /// <summary>Connects, logs in, and has had one answer; or why not, without a word of the password.</summary>
    /// <param name="uri">Judged by <see cref="StoreUri.Redis"/>.</param>
    /// <param name="caFile">Authorities as PEM, read at each handshake; null for the public ones.</param>
    /// <param name="bound">For all of it.</param>
    /// <param name="time">The clock.</param>
    public static async Task<(RedisConnection? Connection, string? Problem)> ConnectAsync(
        StoreUri uri, string? caFile, TimeSpan bound, TimeProvider time)
    {
        var began = time.GetTimestamp();
        using var patience = new CancellationTokenSource(bound, time);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(uri.Hosts[0].Name, uri.Hosts[0].Port ?? DefaultPort, patience.Token);
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            if (uri.Scheme == "rediss")
                stream = await EncryptAsync(stream, uri.Hosts[0].Name, caFile, patience.Token);
            var connection = new RedisConnection(socket, stream, time);
            if (await connection.IntroduceAsync(uri, bound - time.GetElapsedTime(began)) is not { } problem)
                return (connection, null);
            connection.Dispose();
            return (null, problem);
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException)
        {
            socket.Dispose();
            return (null, e.Message);
        }
        catch (OperationCanceledException)
        {
            socket.Dispose();
            return (null, RedisAnswer.Silence.Failure);
        }
    }

    /// <summary>What the server answers to a command of these words.</summary>
    /// <param name="head">The first words.</param>
    /// <param name="rest">All others.</param>
    /// <param name="bound">For the answer.</param>
    /// <param name="canWait">
    /// True: while others are under way it goes with the next of them, or when one of them is answered, and not in a packet of its own.
    /// </param>
    public Task<RedisAnswer> AskAsync(
        ReadOnlySpan<RespArgument> head, ReadOnlySpan<RespArgument> rest, TimeSpan bound, bool canWait = false)
    {
        var pending = new Pending(_time.GetTimestamp(), bound);
        lock (_gate)
        {
            if (_isClosed || _filling.WrittenCount > MaxUnsent)
                return Task.FromResult(RedisAnswer.Unsent);
            RespArgument.Write(_filling, head, rest);
            var isAlone = _pending.Count == 0;
            _pending.Enqueue(pending);
            if (!_isTimed)
                _isTimed = _timer.Change(s_beat, Timeout.InfiniteTimeSpan);
            if (canWait && !isAlone)
                return pending.Task;
        }

        Send();
        return pending.Task;
    }

    public void Dispose() => Close();

    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "It is what is returned.")]
    private static async Task<Stream> EncryptAsync(Stream plain, string host, string? caFile, CancellationToken cancellationToken)
    {
        var stream = new SslStream(plain);
        var options = new SslClientAuthenticationOptions { TargetHost = host };
        if (caFile is not null)
        {
            options.RemoteCertificateValidationCallback =
                (_, certificate, chain, errors) => PrivateAuthorities.Trust(caFile, certificate, chain, errors);
        }

        try
        {
            await stream.AuthenticateAsClientAsync(options, cancellationToken);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Null: all is well.</summary>
    private async Task<string?> IntroduceAsync(StoreUri uri, TimeSpan bound)
    {
        var answers = new List<Task<RedisAnswer>>();
        if (uri.User is { Length: > 0 } user and not "default")
            answers.Add(AskAsync(["AUTH", user, uri.Password ?? ""], [], bound));
        else if (uri.Password is { Length: > 0 } password)
            answers.Add(AskAsync(["AUTH", password], [], bound));
        if (uri.Database is not ("" or "0"))
            answers.Add(AskAsync(["SELECT", uri.Database], [], bound));
        answers.Add(AskAsync(["PING"], [], bound));

        // Old servers and careful administrators forbid it; it is for those who look at the list of clients.
        var named = AskAsync(["CLIENT", "SETNAME", "llm-gateway"], [], bound);
        foreach (var answer in answers)
        {
            if (await answer is var a && (a.Failure ?? a.Value.Error) is { } problem)
                return problem;
        }

        await named;
        return null;
    }

    /// <summary>All that waits, unless it is on its way already.</summary>
    private void Send()
    {
        lock (_gate)
        {
            if (_isSending || _filling.WrittenCount == 0)
                return;
            _isSending = true;
        }

        _ = SendAsync();
    }

    private async Task SendAsync()
    {
        try
        {
            while (true)
            {
                lock (_gate)
                {
                    _isSending = _filling.WrittenCount > 0 && !_isClosed;
                    if (!_isSending)
                        return;
                    (_filling, _sending) = (_sending, _filling);
                }

                await _stream.WriteAsync(_sending.WrittenMemory);
                if (_sending.Capacity > KeptBuffer)
                    _sending = new(FirstBuffer);
                _sending.ResetWrittenCount();
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            Close();
        }
    }

    private async Task ReadAsync()
    {
        var reader = new RespReader();
        var buffer = new byte[FirstBuffer];
        var (start, end) = (0, 0);
        try
        {
            while (await _stream.ReadAsync(buffer.AsMemory(end)) is > 0 and var count)
            {
                end += count;
                _isAnswering = true;
                start += Answer(reader, buffer.AsSpan(start, end - start));
                _isAnswering = false;
                Send();
                if (start == end)
                    (start, end) = (0, 0);
                else if (end == buffer.Length)
                    (buffer, start, end) = (Room(buffer.AsSpan(start)), 0, end - start);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidDataException)
        {
            // Whoever waits is told by the end of the connection.
        }

        Close();
    }

    /// <summary>With as much room again as what has begun.</summary>
    private static byte[] Room(ReadOnlySpan<byte> begun)
    {
        var buffer = new byte[Math.Max(2 * begun.Length, FirstBuffer)];
        begun.CopyTo(buffer);
        return buffer;
    }

    /// <summary>Returns how much of it was read.</summary>
    private int Answer(RespReader reader, ReadOnlySpan<byte> data)
    {
        var before = data.Length;
        while (reader.TryRead(ref data, out var value))
        {
            Pending? pending;
            lock (_gate)
                _pending.TryDequeue(out pending);
            if (pending is null)
                throw new InvalidDataException("an answer that nobody has asked for");
            pending.TrySetResult(new(value, null, true));
        }

        return before - data.Length;
    }

    /// <summary>Ends the waiting of those whose bound is over; their answers may still come, in their turn.</summary>
    private void Beat()
    {
        List<Pending> late = [];
        lock (_gate)
        {
            var patience = HasUnread() ? BoundsToRead : 1;
            foreach (var pending in _pending)
            {
                if (_time.GetElapsedTime(pending.Since) >= patience * pending.Bound)
                    late.Add(pending);
            }

            _isTimed = _pending.Count > 0 && !_isClosed && _timer.Change(s_beat, Timeout.InfiniteTimeSpan);
        }

        foreach (var pending in late)
            pending.TrySetResult(RedisAnswer.Silence);
        if (late.Count > 0 && _time.GetElapsedTime(late[0].Since) >= s_silence)
            Close();
    }

    /// <summary>True where this process is late, and not the server.</summary>
    private bool HasUnread()
    {
        try
        {
            return _isAnswering || (!_isClosed && _socket.Available > 0);
        }
        catch (SocketException)
        {
            // Whoever reads from it learns why.
            return false;
        }
    }

    private void Close()
    {
        List<Pending> lost;
        lock (_gate)
        {
            if (_isClosed)
                return;
            _isClosed = true;
            lost = [.. _pending];
            _pending.Clear();
        }

        _timer.Dispose();
        _stream.Dispose();
        foreach (var pending in lost)
            pending.TrySetResult(RedisAnswer.Lost);
    }

    private sealed class Pending(long since, TimeSpan bound) : TaskCompletionSource<RedisAnswer>
    {
        public long Since => since;

        public TimeSpan Bound => bound;
    }
}

/// <summary>What came of a command.</summary>
/// <param name="Value">Of the server; it may be that it refuses.</param>
/// <param name="Failure">Why there is none; else null.</param>
/// <param name="MayBeDone">False: it has not left.</param>
internal readonly record struct RedisAnswer(RespValue Value, string? Failure, bool MayBeDone)
{
    public static readonly RedisAnswer Unsent = new(RespValue.Null, "not connected", false);

    public static readonly RedisAnswer Silence = new(RespValue.Null, "no answer in time", true);

    public static readonly RedisAnswer Lost = new(RespValue.Null, "the connection was lost", true);
}
