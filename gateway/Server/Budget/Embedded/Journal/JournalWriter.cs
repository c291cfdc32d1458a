using System.Buffers;
using Gateway.Server.Budget.Files;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Server.Budget.Embedded.Journal;

/// <summary>
/// Appends lines to the newest segment. Lines are queued in the order in which the counters moved, under the store's lock; they are
/// written outside of it, and whoever writes first takes along what others have queued.
/// </summary>
/// <remarks>
/// While the disk takes nothing, lines stay queued and go out, in order, when it does again; a partly written block is written over. Only
/// beyond the bound are they lost, and then <see cref="NeedsCheckpoint"/> asks for a new segment, since that repairs what a start reads.
/// Locks are always taken in this order: the store's, <c>_writing</c>, <c>_queueing</c>. Sync and Rotate have one caller, the store's
/// background thread.
/// </remarks>
internal sealed class JournalWriter : IDisposable
{
    /// <summary>The position of a line that was not queued.</summary>
    public const long Lost = long.MaxValue;

    private const int UsualBlockBytes = 256 * 1024;

    private readonly Lock _writing = new();
    private readonly Lock _queueing = new();
    private readonly Segments _segments;
    private readonly EmbeddedSpendOptions _options;
    private ArrayBufferWriter<byte> _queue = new(UsualBlockBytes);
    private ArrayBufferWriter<byte> _block = new(UsualBlockBytes);
    private SafeFileHandle _file;
    private long _checkpointLength;
    private long _queued;
    private long _written;
    private long _synced;
    private long _lostLines;
    private volatile string? _failure;
    private volatile bool _needsCheckpoint;

    /// <summary>Goes on in that segment, behind what can be read of it.</summary>
    public JournalWriter(Segments segments, long segment, long length, EmbeddedSpendOptions options)
    {
        _segments = segments;
        _options = options;
        Segment = segment;
        Length = length;
        _file = File.OpenHandle(segments.PathOf(segment), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        if (RandomAccess.GetLength(_file) > length)
            RandomAccess.SetLength(_file, length);
    }

    /// <summary>Number of the segment that is written to.</summary>
    public long Segment { get; private set; }

    /// <summary>What was written to it, in bytes.</summary>
    public long Length { get; private set; }

    /// <summary>Why nothing can be written now; null: all is well.</summary>
    public string? Failure => _failure;

    /// <summary>Lines that had no room in the queue: nobody will ever read them.</summary>
    public long LostLines => Interlocked.Read(ref _lostLines);

    /// <summary>True where it is time for <see cref="Rotate"/>.</summary>
    public bool NeedsCheckpoint => _needsCheckpoint || Length - _checkpointLength >= _options.SegmentBytes;

    /// <summary>Queues a line, under the store's lock. Returns up to where the journal has to be written for it to be safe.</summary>
    public long Append(ReadOnlySpan<byte> line)
    {
        lock (_queueing)
        {
            if (_queue.WrittenCount + line.Length > _options.MaxPendingBytes)
            {
                _lostLines++;
                _needsCheckpoint = true;
                return Lost;
            }

            _queue.Write(line);
            return _queued += line.Length;
        }
    }

    /// <summary>
    /// Hands all up to the position to the operating system: from then on it survives the process. False: it is still queued, and only
    /// <see cref="Sync"/> tries again.
    /// </summary>
    public bool WriteThrough(long position)
    {
        if (_failure is not null || position == Lost)
            return false;
        lock (_writing)
            return WriteUpTo(position);
    }

    /// <summary>As <see cref="WriteThrough"/>, all that is queued now.</summary>
    public bool WriteAll()
    {
        if (_failure is not null)
            return false;
        lock (_writing)
            return WriteUpTo(Lost);
    }

    /// <summary>Writes what is queued and brings it to the disk, so that it survives the machine. False: it could not.</summary>
    public bool Sync()
    {
        long written;
        lock (_writing)
        {
            if (!WriteUpTo(Lost))
                return false;
            written = _written;
        }

        if (written == _synced)
            return true;
        try
        {
            RandomAccess.FlushToDisk(_file);
        }
        catch (IOException e)
        {
            // What the disk now has is not known; a new segment does not depend on it.
            _failure = e.Message;
            _needsCheckpoint = true;
            return false;
        }

        _synced = written;
        _failure = null;
        return true;
    }

    /// <summary>
    /// Begins the next segment with a checkpoint, under the store's lock. Returns the former file, for <see cref="Close"/> outside of the
    /// lock; null: the old segment goes on.
    /// </summary>
    public SafeFileHandle? Rotate(ReadOnlySpan<byte> checkpoint)
    {
        lock (_writing)
        {
            if (!WriteUpTo(Lost))
                return null;
            var path = _segments.PathOf(Segment + 1);
            SafeFileHandle? next = null;
            try
            {
                next = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read);
                _options.Write(next, checkpoint, 0);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                next?.Dispose();
                File.Delete(path);
                return null;
            }

            var former = _file;
            _file = next;
            _synced = -1;
            _needsCheckpoint = false;
            Segment++;
            Length = _checkpointLength = checkpoint.Length;
            return former;
        }
    }

    /// <summary>Brings a former segment to the disk.</summary>
    public static void Close(SafeFileHandle former)
    {
        using (former)
            RandomAccess.FlushToDisk(former);
    }

    /// <summary>Writes all that is queued. Afterwards nothing is written any more.</summary>
    public void Dispose()
    {
        Sync();
        lock (_writing)
        {
            _failure = "the store is closed";
            _file.Dispose();
        }
    }

    private bool WriteUpTo(long position)
    {
        while (_written < position)
        {
            if (_block.WrittenCount == 0 && !TakeQueue())
                return true;
            try
            {
                _options.Write(_file, _block.WrittenSpan, Length);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
            {
                _failure = e.Message;
                return false;
            }

            _failure = null;
            Length += _block.WrittenCount;
            _written += _block.WrittenCount;
            if (_block.Capacity > UsualBlockBytes)
                _block = new(UsualBlockBytes);
            else
                _block.ResetWrittenCount();
        }

        return true;
    }

    private bool TakeQueue()
    {
        lock (_queueing)
            (_queue, _block) = (_block, _queue);
        return _block.WrittenCount > 0;
    }
}
