using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Operator.Api;

namespace Operator.Kubernetes;

/// <summary>From where on and for how long is watched.</summary>
/// <param name="ResourceVersion">Of a list, an event or a bookmark.</param>
/// <param name="Timeout">After it the server ends the stream.</param>
internal sealed record WatchFrom(string ResourceVersion, TimeSpan Timeout)
{
    /// <summary>A stream that is silent for so much longer than the time-out is dead.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);
}

/// <summary>
/// One watch: a line of JSON per event. A line that is cut off is no event, so that the watch that follows gets it whole.
/// https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
/// </summary>
internal sealed class WatchStream<T> : IAsyncDisposable
    where T : KubernetesObject
{
    /// <summary>An object has at most 1.5 MB in etcd; escapes and managed fields come on top.</summary>
    private const int MaxLineBytes = 16 * 1024 * 1024;

    private readonly HttpResponseMessage _response;
    private readonly PipeReader _reader;
    private readonly TimeSpan _silence;
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenSource _silent;
    private readonly CancellationTokenSource _either;

    /// <summary>After <paramref name="silence"/> without a byte the stream is given up.</summary>
    public WatchStream(HttpResponseMessage response, Stream body, TimeSpan silence, TimeProvider time, CancellationToken cancellation)
    {
        _response = response;
        _reader = PipeReader.Create(body);
        _silence = silence;
        _cancellation = cancellation;
        _silent = new(silence, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _silent.Token);
    }

    /// <summary>What is kept of each object; null: all of it.</summary>
    public Func<T, T>? Keep { get; init; }

    /// <summary>The next event; null where the server has ended the stream in good order.</summary>
    public async Task<WatchEvent<T>?> NextAsync()
    {
        try
        {
            while (true)
            {
                var read = await _reader.ReadAsync(_either.Token);
                _silent.CancelAfter(_silence);
                var (watched, rest) = TakeLine(read.Buffer);
                if (watched is not null)
                    return watched;
                if (rest > MaxLineBytes)
                    return Failed(ApiFailureReason.Unreadable, "a line of the watch is too long");
                if (read.IsCompleted)
                    return rest == 0 ? null : Failed(ApiFailureReason.Unreachable, "the watch was cut in the middle of an event");
            }
        }
        catch (OperationCanceledException) when (!_cancellation.IsCancellationRequested)
        {
            return Failed(ApiFailureReason.TimedOut, $"the watch was silent for {_silence.TotalSeconds:0} s");
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            return Failed(ApiFailureReason.Unreachable, e.GetBaseException().Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _reader.CompleteAsync();
        _response.Dispose();
        _either.Dispose();
        _silent.Dispose();
    }

    /// <summary>The first event of the buffer, if a whole one is there, and how many bytes wait behind it.</summary>
    private (WatchEvent<T>? Event, long Waiting) TakeLine(ReadOnlySequence<byte> buffer)
    {
        WatchEvent<T>? watched = null;
        while (watched is null && buffer.PositionOf((byte)'\n') is { } end)
        {
            watched = Parse(buffer.Slice(0, end));
            buffer = buffer.Slice(buffer.GetPosition(1, end));
        }

        var rest = buffer.Length;
        _reader.AdvanceTo(buffer.Start, watched is null ? buffer.End : buffer.Start);
        return (watched, rest);
    }

    /// <summary>Null where the line is empty or of a type that is not known (yet).</summary>
    private WatchEvent<T>? Parse(ReadOnlySequence<byte> line)
    {
        try
        {
            using var document = ObjectReader.Document(line);
            var root = document.RootElement;
            var type = ObjectReader.Text(root, "type");
            return type is not null && root.TryGetProperty("object", out var json) ? Parse(type, json) : null;
        }
        catch (JsonException e)
        {
            return line.IsEmpty ? null : Failed(ApiFailureReason.Unreadable, e.Message);
        }
    }

    private WatchEvent<T>? Parse(string type, JsonElement json)
    {
        switch (type)
        {
            case "ERROR":
                return new WatchEvent<T>.Failed(ApiStatus.Failure(json));
            case "BOOKMARK":
                return ObjectReader.Text(json, "metadata", "resourceVersion") is { } version ? new WatchEvent<T>.Bookmark(version) : null;
            case not ("ADDED" or "MODIFIED" or "DELETED"):
                return null;
        }

        var isThere = type != "DELETED";
        if (!ObjectReader.TryRead<T>(json, out var value, out var problem))
            return isThere ? new WatchEvent<T>.Unreadable(problem) : Deleted(problem.Of);
        return isThere ? new WatchEvent<T>.Changed(Keep is null ? value : Keep(value)) : Deleted(value);
    }

    private static WatchEvent<T>.Deleted Deleted(KubernetesObject of) => new(ObjectKey.Of(of), of.Metadata.ResourceVersion);

    private static WatchEvent<T>.Failed Failed(ApiFailureReason reason, string message) =>
        new(new ApiFailure { Reason = reason, Message = message });
}
