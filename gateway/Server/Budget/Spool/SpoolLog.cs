using System.Collections.Immutable;
using System.Text.Json.Serialization.Metadata;
using Gateway.Server.Budget.Files;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Server.Budget.Spool;

/// <summary>Lines on the volume, first in, first out: segments that are written at one end and deleted at the other.</summary>
/// <remarks>
/// What was taken stands in a small file that is written over in place, so that it needs no room on a full disk. Where it was lost, lines
/// are delivered again: who takes them must know them. A line that cannot be read is passed over and counted, and its segment is set aside
/// in place of being deleted. Not thread-safe. No failure of the disk becomes an exception, but for those of the constructor.
/// </remarks>
internal sealed partial class SpoolLog<T> : IDisposable
{
    private readonly Segments _segments;
    private readonly SpoolOptions _options;
    private readonly JsonTypeInfo<SpoolLine<T>> _type;
    private readonly ILogger _logger;
    private readonly SpoolHeadFile _headFile;
    private readonly string _damagedPath;
    private readonly ChecksummedLine _line = new();
    private readonly SortedDictionary<long, long> _lengths = [];
    private readonly HashSet<SpoolMark> _damaged = [];
    private SafeFileHandle? _tail;
    private SpoolMark _head;
    private long _last;
    private long _items;
    private long _lostLines;
    private bool _isDirty;
    private bool _cannotRead;
    private bool _hasNewEntries;
    private volatile string? _failure;

    /// <summary>Reads what is there.</summary>
    /// <param name="directory">Locked by this process.</param>
    /// <param name="name">Of the log.</param>
    /// <param name="type">How lines are written.</param>
    /// <param name="options">Of all logs of the directory.</param>
    /// <param name="logger">Told of what cannot be read.</param>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public SpoolLog(string directory, string name, JsonTypeInfo<SpoolLine<T>> type, SpoolOptions options, ILogger logger)
    {
        _segments = new(directory, name);
        _options = options;
        _type = type;
        _logger = logger;
        _damagedPath = Path.Combine(directory, name + ".damaged");
        _headFile = new(Path.Combine(directory, name + ".head"));
        _head = _headFile.Read() ?? new(0, 0);
        var numbers = _segments.List();
        _last = Math.Max(_head.Segment, numbers.LastOrDefault());
        foreach (var number in numbers)
        {
            if (number < _head.Segment)
                File.Delete(_segments.PathOf(number));
            else
                Recover(number, isNewest: number == numbers[^1]);
        }

        if (_lengths.Count > 0 && !_lengths.ContainsKey(_head.Segment))
            _head = new(_lengths.Keys.First(), 0);
    }

    /// <summary>Items that wait here.</summary>
    public long Items => Volatile.Read(ref _items);

    /// <summary>Lines that could not be read: what was in them is lost.</summary>
    public long LostLines => Volatile.Read(ref _lostLines);

    /// <summary>Why nothing can be written now; null: it can.</summary>
    public string? Failure => _failure;

    private long Bytes => _lengths.Values.Sum();

    /// <summary>False: the item cannot be put in a line, and never will.</summary>
    public bool CanWrite(T item)
    {
        try
        {
            using var line = new ChecksummedLine();
            line.Write(new() { Session = "", Number = 0, Count = 1, Items = [item] }, _type);
            return true;
        }
        catch (Exception e)
        {
            LogCannotWrite(e);
            return false;
        }
    }

    /// <summary>
    /// Hands the line to the operating system: from then on it survives the process. Null: it does not fit, or the disk fails.
    /// </summary>
    public SpoolMark? TryAppend(SpoolLine<T> line)
    {
        if (_items + line.Items.Length > _options.MaxItems)
            return null;
        var bytes = _line.Write(line, _type);
        if (Bytes + bytes.Length > _options.MaxBytes)
            return null;
        try
        {
            if (_tail is null || _lengths[_last] + bytes.Length > _options.SegmentBytes)
                Begin();
            _options.Write(_tail!, bytes, _lengths[_last]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fail(e);
            return null;
        }

        if (_failure is not null)
            LogWritesAgain(_segments.PathOf(_last));
        _failure = null;
        _isDirty = true;
        _lengths[_last] += bytes.Length;
        Volatile.Write(ref _items, _items + line.Items.Length);
        return new(_last, _lengths[_last]);
    }

    /// <summary>
    /// The first lines, until there are so many items or more, as one batch. Null: there is none, or the disk does not give it now; it is
    /// still among <see cref="Items"/> then.
    /// </summary>
    public SpoolBatch<T>? Read(int atLeast)
    {
        var items = ImmutableArray.CreateBuilder<T>();
        SpoolHead? first = null;
        SpoolMark? end = null;
        try
        {
            foreach (var (number, length) in _lengths)
            {
                using var reader = Open(number, length, number == _head.Segment ? _head.Offset : 0);
                while (items.Count < atLeast && reader is not null && reader.TryRead(out var bytes))
                {
                    var mark = new SpoolMark(number, reader.Offset);
                    if (ChecksummedLine.Read(bytes, _type) is not { } line)
                    {
                        Damaged(mark);
                        continue;
                    }

                    (first, end) = (first ?? line, mark);
                    items.AddRange(line.Items);
                }

                if (items.Count >= atLeast)
                    break;
            }

            _cannotRead = false;
            if (items.Count < atLeast)
            {
                // Nothing more can be read: what is there is passed over with it.
                end = new(_last, _lengths.GetValueOrDefault(_last));
                if (first is null)
                    Clear();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!_cannotRead)
                LogCannotRead(e.Message);
            _cannotRead = true;
        }

        return first is null ? null : new(first.Session, first.Number, items.DrainToImmutable()) { End = end };
    }

    /// <summary>All before the mark was delivered: so many items.</summary>
    public void Remove(SpoolMark end, int items)
    {
        Volatile.Write(ref _items, Math.Max(_items - items, 0));
        if (end.Offset < _lengths[end.Segment])
            MoveHead(end);
        else if (end.Segment == _last)
            Clear();
        else
            MoveHead(new(_lengths.Keys.First(number => number > end.Segment), 0));
    }

    /// <summary>Brings to the disk what was written since the last time.</summary>
    public void Sync()
    {
        try
        {
            if (_isDirty && _tail is not null)
                RandomAccess.FlushToDisk(_tail);
            _isDirty = false;
            _headFile.Sync();
            if (_hasNewEntries)
                _segments.SyncEntries();
            _hasNewEntries = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fail(e);
        }
    }

    public void Dispose()
    {
        Sync();
        _tail?.Dispose();
        _headFile.Dispose();
        _line.Dispose();
    }

    private void Begin()
    {
        var next = File.OpenHandle(_segments.PathOf(_last + 1), FileMode.Create, FileAccess.ReadWrite, FileShare.Read);
        Sync();
        _tail?.Dispose();
        _tail = next;
        _last++;
        _lengths[_last] = 0;
        _hasNewEntries = true;
        if (_lengths.Count == 1)
            _head = new(_last, 0);
    }

    private void Recover(long number, bool isNewest)
    {
        var from = number == _head.Segment ? _head.Offset : 0;
        var path = _segments.PathOf(number);
        var length = from;
        using (var reader = new SegmentReader(path, start: from))
        {
            var unread = new List<SpoolMark>();
            while (reader.TryRead(out var line))
            {
                if (ChecksummedLine.Read(line, SpoolJson.Default.SpoolHead) is not { } head)
                {
                    unread.Add(new(number, reader.Offset));
                    continue;
                }

                _items += head.Count;
                unread.ForEach(Damaged);
                unread.Clear();
                length = reader.Offset;
            }

            if (!isNewest)
            {
                unread.ForEach(Damaged);
                length = reader.Offset;
            }
            else if (reader.End > length)
            {
                LogTornTail(path, reader.End - length);
            }
        }

        if (isNewest)
            Cut(path, length);
        _lengths[number] = length;
    }

    /// <summary>Else what was torn would look damaged once it is not at the end any more.</summary>
    private void Cut(string path, long length)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
            if (RandomAccess.GetLength(file) > length)
                RandomAccess.SetLength(file, length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fail(e);
        }
    }

    /// <summary>Null: it is gone.</summary>
    private SegmentReader? Open(long number, long end, long start)
    {
        try
        {
            return new(_segments.PathOf(number), end, start);
        }
        catch (FileNotFoundException e)
        {
            LogUnreadable(_segments.PathOf(number), e.Message);
            Damaged(new(number, start));
            return null;
        }
    }

    private void Damaged(SpoolMark mark)
    {
        if (!_damaged.Add(mark))
            return;
        Volatile.Write(ref _lostLines, _lostLines + 1);
        LogDamaged(_segments.PathOf(mark.Segment), mark.Offset);
    }

    private void Clear()
    {
        _tail?.Dispose();
        _tail = null;
        _isDirty = false;
        Volatile.Write(ref _items, 0);
        MoveHead(new(_last + 1, 0));
        _last++;
    }

    private void MoveHead(SpoolMark head)
    {
        _head = head;
        if (_headFile.Write(head) is { } failure)
            Fail(failure);
        foreach (var number in _lengths.Keys.TakeWhile(n => n < head.Segment).ToList())
        {
            _lengths.Remove(number);
            Delete(number);
        }
    }

    private void Delete(long number)
    {
        var path = _segments.PathOf(number);
        try
        {
            if (_damaged.RemoveWhere(mark => mark.Segment == number) > 0)
                File.Move(path, _damagedPath, overwrite: true);
            else
                File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fail(e);
        }
    }

    private void Fail(Exception e)
    {
        if (_failure is null)
            LogFails(e.Message);
        _failure = e.Message;
    }
}
