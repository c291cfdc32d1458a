using System.Globalization;
using System.Net.Http.Headers;

namespace Gateway.Server.Providers;

internal static class RetryAfter
{
    /// <summary><c>retry-after-ms</c>, or <c>retry-after</c> in seconds or as a date. Null where neither is given or readable.</summary>
    public static TimeSpan? Of(HttpResponseHeaders headers, DateTimeOffset now)
    {
        if (headers.TryGetValues("retry-after-ms", out var values)
            && long.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            && milliseconds <= TimeSpan.MaxValue.TotalMilliseconds / 2)
        {
            return TimeSpan.FromMilliseconds(milliseconds);
        }

        return headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date > now ? date - now : TimeSpan.Zero,
            _ => null,
        };
    }
}
