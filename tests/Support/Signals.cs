using System.Diagnostics;
using System.Globalization;

namespace Support;

/// <summary>Signals to processes that a test has started.</summary>
public static class Signals
{
    /// <summary>
    /// To start a program that Ctrl-C ends, also where the tests run in the background: what a shell starts there ignores SIGINT, and so do
    /// its children. https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_12
    /// </summary>
    public static ProcessStartInfo Interruptible(string program, params IEnumerable<string> arguments) =>
        new("env", ["--default-signal=INT", program, .. arguments]);

    /// <summary>As <c>kill -name</c> does; nothing where it has ended.</summary>
    public static async Task SendAsync(Process process, string name)
    {
        if (process.HasExited)
            return;
        using var kill = Process.Start("kill", [$"-{name}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }
}
