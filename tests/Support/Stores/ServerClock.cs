using System.Globalization;

namespace Support.Stores;

/// <summary>A clock that a test sets and one server follows, by libfaketime: https://github.com/wolfcw/libfaketime.</summary>
/// <param name="folder">Where the server may read a file.</param>
public sealed class ServerClock(string folder)
{
    private readonly string _file = Path.Combine(folder, "clock");

    /// <summary>Null where it is not installed; <c>tests/provision.sh</c> does it.</summary>
    public static string? Library { get; } = Directory.Exists("/usr/lib")
        ? Directory.EnumerateDirectories("/usr/lib").Select(d => Path.Combine(d, "faketime", "libfaketime.so.1")).FirstOrDefault(File.Exists)
        : null;

    /// <summary>What the server's environment must say.</summary>
    /// <remarks>With the allocator of libc, since that of Redis asks for the time before the library is ready.</remarks>
    internal IEnumerable<string> Environment =>
    [
        $"LD_PRELOAD={Library}:libc.so.6", $"FAKETIME_TIMESTAMP_FILE={_file}", "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1",
    ];

    /// <summary>From here on it goes on from this instant.</summary>
    public void Set(DateTimeOffset now)
    {
        // In one step: the server may read it at any time.
        var offset = (now - TimeProvider.System.GetUtcNow()).TotalSeconds.ToString("+0.000000;-0.000000", CultureInfo.InvariantCulture);
        File.WriteAllText(_file + ".next", offset + "\n");
        File.Move(_file + ".next", _file, overwrite: true);
    }
}
