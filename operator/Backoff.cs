namespace Operator;

/// <summary>
/// Delays that double from <paramref name="Min"/> to <paramref name="Max"/>, each shortened at random by up to half, so that many who
/// failed together do not come back together.
/// </summary>
/// <param name="Min">After the first failure.</param>
/// <param name="Max">However many there were.</param>
/// <param name="Random">From 0 up to, not including, 1.</param>
internal sealed record Backoff(TimeSpan Min, TimeSpan Max, Func<double> Random)
{
    /// <param name="failures">How many attempts in a row have failed, 1 or more.</param>
    public TimeSpan Delay(int failures)
    {
        // Beyond 30 doublings every sensible minimum has passed every sensible maximum; the bound keeps the shift from overflowing.
        var doubled = Min.Ticks * (decimal)(1L << Math.Clamp(failures - 1, 0, 30));
        var delay = Math.Min(doubled, Max.Ticks);
        return TimeSpan.FromTicks((long)(delay * (1 - ((decimal)Random() / 2))));
    }
}
