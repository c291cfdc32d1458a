using Gateway.Server.Budget.Files;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Server.Budget.Spool;

/// <summary>Where the first line begins that was not delivered. One line, written over in place: that needs no room.</summary>
internal sealed class SpoolHeadFile(string path) : IDisposable
{
    private const int MaxBytes = 200;

    private readonly ChecksummedLine _line = new();
    private SafeFileHandle? _file;
    private bool _isDirty;

    /// <summary>Null: it is not there, or not as it was written.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public SpoolMark? Read()
    {
        if (!File.Exists(path))
            return null;
        using var reader = new SegmentReader(path, MaxBytes);
        return reader.TryRead(out var line) ? ChecksummedLine.Read(line, SpoolJson.Default.SpoolMark) : null;
    }

    /// <summary>Hands it to the operating system. Null: it has it; else why not.</summary>
    public Exception? Write(SpoolMark mark)
    {
        try
        {
            _file ??= File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
            RandomAccess.Write(_file, _line.Write(mark, SpoolJson.Default.SpoolMark), 0);
            _isDirty = true;
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e;
        }
    }

    /// <summary>Brings it to the disk.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public void Sync()
    {
        if (_isDirty && _file is not null)
            RandomAccess.FlushToDisk(_file);
        _isDirty = false;
    }

    public void Dispose()
    {
        _file?.Dispose();
        _line.Dispose();
    }
}
