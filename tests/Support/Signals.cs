using System.Diagnostics;
using System.Globalization;

namespace Support;

/// <summary>Signals to processes that a test has started.</summary>
public static class Signals
{
    /// <summary>As <c>kill -name</c> does; nothing where it has ended.</summary>
    public static async Task SendAsync(Process process, string name)
    {
        if (process.HasExited)
            return;
        using var kill = Process.Start("kill", [$"-{name}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }
}
