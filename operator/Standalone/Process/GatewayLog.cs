using System.Text.Json;

namespace Operator.Standalone.Process;

/// <summary>The log of a gateway process: all of it goes to a file, errors also to whoever watches.</summary>
internal sealed class GatewayLog : IDisposable
{
    private const long MaxBytes = 16 * 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly StreamWriter _file;
    private readonly Action<string> _onError;

    /// <summary>Appends; a file that has grown large is put aside first.</summary>
    public GatewayLog(string path, Action<string> onError)
    {
        if (new FileInfo(path) is { Exists: true, Length: > MaxBytes })
            File.Move(path, path + ".1", overwrite: true);
        _file = new(path, append: true) { AutoFlush = true };
        _onError = onError;
    }

    public void Dispose()
    {
        lock (_lock)
            _file.Dispose();
    }

    /// <summary>Until the stream ends, which it does with the process.</summary>
    /// <param name="lines">Standard output: JSON, of which only errors are shown. Standard error: text, all of it is shown.</param>
    /// <param name="isJson">Which of the two.</param>
    public async Task CopyAsync(StreamReader lines, bool isJson)
    {
        while (await lines.ReadLineAsync(CancellationToken.None) is { } line)
        {
            lock (_lock)
                _file.WriteLine(line);
            if ((isJson ? ErrorIn(line) : line) is { Length: > 0 } error)
                _onError(error);
        }
    }

    private static string? ErrorIn(string line)
    {
        try
        {
            using var entry = JsonDocument.Parse(line);
            var level = entry.RootElement.GetProperty("LogLevel").GetString();
            return level is "Error" or "Critical" ? entry.RootElement.GetProperty("Message").GetString() : null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return line;
        }
    }
}
