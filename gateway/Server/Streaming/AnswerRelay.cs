using System.Buffers;
using System.IO.Pipelines;

namespace Gateway.Server.Streaming;

/// <summary>How far an answer has come, or how it ended.</summary>
internal enum RelayState
{
    /// <summary>Something of the answer is there: from here on there is no other attempt.</summary>
    Committed,

    /// <summary>Seen to its end.</summary>
    Complete,

    /// <summary>The upstream broke off.</summary>
    Cut,

    /// <summary>The upstream reported an error inside its answer; see <see cref="AnswerTap.Fault"/>.</summary>
    Faulted,

    /// <summary>The deadline passed; see <see cref="CallDeadline.Cause"/>.</summary>
    Ended,

    /// <summary>The client takes no more.</summary>
    ClientClosed,
}

/// <summary>
/// Brings one answer from upstream to the client without changing a byte of what it passes on, and lets a tap read along. First
/// <see cref="HoldAsync"/> until the commit point, then <see cref="CopyAsync"/>.
/// </summary>
internal sealed class AnswerRelay : IDisposable
{
    /// <summary>Held at most before the commit point, in bytes.</summary>
    private const int MaxHeld = 64 * 1024;

    /// <summary>A single event must be whole before it is judged; a larger one counts as broken.</summary>
    private const int MaxEvent = 32 * 1024 * 1024;

    private static readonly TimeSpan s_longestHold = TimeSpan.FromSeconds(10);

    private readonly Stream _upstream;
    private readonly AnswerTap _tap;
    private readonly CallDeadline _deadline;
    private readonly TimeProvider _time;
    private readonly TimeSpan _idle;
    private readonly bool _isStream;
    private readonly bool _outlivesClient;
    private readonly PooledBuffer _buffer = new();
    private readonly ArrayBufferWriter<byte> _scratch = new();
    private SseScanner _scanner;
    private Task<int>? _pending;
    private int _ready;
    private bool _isLast;
    private RelayState? _decided;

    public AnswerRelay(Stream upstream, AnswerTap tap, CallDeadline deadline, TimeProvider time, RelayOptions options)
    {
        _upstream = upstream;
        _tap = tap;
        _deadline = deadline;
        _time = time;
        _idle = options.Idle;
        _isStream = options.IsStream;
        _outlivesClient = options.OutlivesClient;
    }

    /// <summary>What has been held: the whole answer when <see cref="HoldAsync"/> said <see cref="RelayState.Complete"/>.</summary>
    public int Held => _ready;

    /// <summary>
    /// Reads until a part of the answer is there, or all of it, or 64 KiB, or for 10 s. Whatever else comes of it is a failure that another
    /// attempt may still mend.
    /// </summary>
    public async ValueTask<RelayState> HoldAsync()
    {
        CancellationTokenSource? patience = null;
        Task? patienceEnds = null;
        try
        {
            while (true)
            {
                if (Judge() is { } verdict)
                    return verdict;
                if (_isLast)
                    return !_tap.IsComplete ? RelayState.Cut : _tap.Fault is null ? RelayState.Complete : RelayState.Faulted;
                if (_buffer.Length >= MaxHeld)
                    return RelayState.Committed;

                _pending = StartRead().AsTask();
                if (!_pending.IsCompleted)
                {
                    patience ??= new();
                    patienceEnds ??= Task.Delay(s_longestHold, _time, patience.Token);
                    if (await Task.WhenAny(_pending, patienceEnds) == patienceEnds)
                        return RelayState.Committed;
                }

                if (await FinishReadAsync() is { } failure)
                    return failure;
            }
        }
        finally
        {
            if (patience is not null)
                await patience.CancelAsync();
            patience?.Dispose();
        }
    }

    /// <summary>Passes on what is held and all that follows, as it comes.</summary>
    /// <param name="client">Where to; the answer's headers stand.</param>
    /// <param name="onProgress">Called for each piece passed on.</param>
    /// <param name="beforeEnd">Called when the answer has come whole, before the rest of it is passed on.</param>
    public async ValueTask<RelayState> CopyAsync(PipeWriter client, Action onProgress, Func<ValueTask> beforeEnd)
    {
        await using var writer = new AnswerWriter(client, _time, _isStream);
        var isClientGone = false;

        // Committed without anything to show: the headers alone tell the client that it is being served.
        if (_isStream && _ready == 0)
            await writer.WriteAsync(ReadOnlyMemory<byte>.Empty);
        while (true)
        {
            var verdict = Judge();
            if (_ready > 0)
            {
                if (verdict == RelayState.Complete || (!_isStream && _tap.IsComplete))
                    await beforeEnd();
                if (!isClientGone)
                    isClientGone = !await writer.WriteAsync(_buffer.Memory[.._ready]);
                if (isClientGone && !_outlivesClient)
                    return RelayState.ClientClosed;
                _buffer.Drop(_ready);
                _ready = 0;
                onProgress();
            }

            if (_isLast && verdict is (null or RelayState.Committed))
                verdict = _tap.IsComplete ? RelayState.Complete : RelayState.Cut;
            if (_buffer.Length > MaxEvent)
                verdict = RelayState.Cut;
            if (verdict is RelayState.Complete && isClientGone)
                return RelayState.ClientClosed;
            if (verdict is RelayState.Faulted or RelayState.Complete or RelayState.Cut)
                return verdict.Value;
            if (await FinishReadAsync() is { } failure)
                return failure;
        }
    }

    public void Dispose()
    {
        // A read that is still under way writes into the buffer: the collector takes it then, not the pool.
        if (_pending is null or { IsCompleted: true })
            _buffer.Dispose();
    }

    /// <summary>
    /// Judges what has come and was not judged yet. Null: nothing that decides. Of an unstreamed answer everything is ready as it comes,
    /// unless it turns out to be none; else only its end decides.
    /// </summary>
    private RelayState? Judge()
    {
        if (_decided is not null)
            return _decided;
        if (_isStream)
            return JudgeEvents();
        _tap.OnBody(_buffer.Span[_ready..], _isLast);
        if (_tap.IsBroken)
            return _decided = RelayState.Cut;
        _ready = _buffer.Length;
        return null;
    }

    private RelayState? JudgeEvents()
    {
        RelayState? state = null;
        while (_scanner.FindEnd(_buffer.Span[_ready..], _isLast) is var length and > 0)
        {
            var parsed = SseScanner.Parse(_buffer.Span.Slice(_ready, length), _scratch);
            switch (_tap.OnEvent(parsed.Name, parsed.Data))
            {
                case EventVerdict.Error:
                    return _decided = RelayState.Faulted;
                case EventVerdict.Ours:
                    _buffer.Remove(_ready, length);
                    continue;
                case EventVerdict.End:
                    _ready += length;
                    return _decided = RelayState.Complete;
                case EventVerdict.Content:
                    state = RelayState.Committed;
                    break;
            }

            _ready += length;
        }

        return state;
    }

    private ValueTask<int> StartRead()
    {
        _deadline.Arm(_idle);
        return _upstream.ReadAsync(_buffer.Free(), _deadline.Token);
    }

    /// <returns>Null when something came or the answer has ended.</returns>
    private async ValueTask<RelayState?> FinishReadAsync()
    {
        try
        {
            var count = _pending is null ? await StartRead() : await _pending;
            _pending = null;
            _buffer.Filled(count);
            _isLast = count == 0;
            return null;
        }
        catch (OperationCanceledException)
        {
            return RelayState.Ended;
        }
        catch (Exception e) when (e is IOException or HttpRequestException or InvalidDataException or InvalidOperationException)
        {
            // The last two are what decompressors throw for bytes that are not what they were announced as.
            return RelayState.Cut;
        }
    }
}

/// <summary>How an <see cref="AnswerRelay"/> goes about it.</summary>
/// <param name="Idle">The longest wait between two reads.</param>
/// <param name="IsStream">Whether the answer is a stream of events.</param>
/// <param name="OutlivesClient">Whether the rest is read for its usage when the client has gone.</param>
internal readonly record struct RelayOptions(TimeSpan Idle, bool IsStream, bool OutlivesClient);
