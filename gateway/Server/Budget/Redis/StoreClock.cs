namespace Gateway.Server.Budget.Redis;

/// <summary>The store's clock, as well as its last answer lets us know it.</summary>
internal sealed class StoreClock(TimeProvider time)
{
    private long _offsetTicks;

    public DateTimeOffset Now => time.GetUtcNow().AddTicks(Volatile.Read(ref _offsetTicks));

    /// <param name="micros">The store's time in an answer that has just come, since 1970.</param>
    public void Learn(long micros) => Volatile.Write(ref _offsetTicks, (At(micros) - time.GetUtcNow()).Ticks);

    public static DateTimeOffset At(long micros) => DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond);

    public static long Micros(DateTimeOffset instant) => (instant - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public static long Micros(TimeSpan length) => length.Ticks / TimeSpan.TicksPerMicrosecond;
}
