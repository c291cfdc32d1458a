using System.IO.Pipelines;

namespace Gateway.Server.Streaming;

/// <summary>
/// Writes one answer to its client. Into a stream that has been silent for 15 s it writes a comment, and again each 15 s: load balancers
/// cut connections that are silent for long, many of them for 60 s.
/// </summary>
internal sealed class AnswerWriter : IAsyncDisposable
{
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(15);
    private static readonly byte[] s_comment = [.. ": keep-alive\n\n"u8];

    private readonly PipeWriter _client;
    private readonly TimeProvider _time;

    /// <summary>Held by whoever writes.</summary>
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly ITimer? _timer;
    private long _written;

    /// <param name="client">Where to. Nobody else may write there before this is disposed.</param>
    /// <param name="time">The clock.</param>
    /// <param name="isStream">Whether it is a stream of events, each piece written being some whole ones.</param>
    public AnswerWriter(PipeWriter client, TimeProvider time, bool isStream)
    {
        _client = client;
        _time = time;
        if (!isStream)
            return;
        _written = time.GetTimestamp();
        _timer = time.CreateTimer(static s => ((AnswerWriter)s!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Arm(s_silence);
    }

    /// <param name="bytes">Empty: only the headers, if they have not been sent yet.</param>
    /// <returns>False when the client takes no more.</returns>
    public async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        await _turn.WaitAsync();
        try
        {
            var result = await _client.WriteAsync(bytes, CancellationToken.None);
            return !result.IsCompleted && !result.IsCanceled;
        }
        catch (IOException)
        {
            return false;
        }
        finally
        {
            if (_timer is not null)
                Volatile.Write(ref _written, _time.GetTimestamp());
            _turn.Release();
        }
    }

    /// <summary>Waits for a comment that is being written, and takes the turn for good.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_timer is null)
            return;
        await _timer.DisposeAsync();
        await _turn.WaitAsync();
    }

    /// <summary>The timer runs on while pieces are written, and looks only when it fires for how long there were none.</summary>
    private void OnTimer()
    {
        var rest = s_silence - _time.GetElapsedTime(Volatile.Read(ref _written));
        if (rest > TimeSpan.Zero)
            Arm(rest);
        else if (_turn.Wait(TimeSpan.Zero))
            _ = WriteCommentAsync();
        else
            Arm(s_silence);
    }

    /// <summary>Never fails; <see cref="DisposeAsync"/> waits for it.</summary>
    private async Task WriteCommentAsync()
    {
        try
        {
            await _client.WriteAsync(s_comment, CancellationToken.None);
        }
        catch (IOException)
        {
            // The client has gone; the relay learns that by itself.
        }
        finally
        {
            Arm(s_silence);
            _turn.Release();
        }
    }

    private void Arm(TimeSpan span) => _timer!.Change(span, Timeout.InfiniteTimeSpan);
}
