namespace Benchmarks.Load;

/// <summary>So many connections, each of which sends its next request when it has the whole answer.</summary>
internal static class ClosedLoop
{
    public const int Connections = 64;

    /// <summary>Returns how many answers came; requests that have begun before the time is up are brought to their end.</summary>
    public static long Run(int port, byte[] request, TimeSpan time)
    {
        var (answers, refused) = Run([new(port, request)], time);
        return refused == 0 ? answers : throw new InvalidDataException($"{refused} calls could not be counted.");
    }

    /// <summary>As above, and how many calls were refused because they could not be counted in time.</summary>
    /// <param name="aims">The connections take them in turn.</param>
    /// <param name="time">Of the load.</param>
    public static (long Answers, long Refused) Run(IReadOnlyList<Aim> aims, TimeSpan time)
    {
        var end = Clock.Now + Clock.Seconds(time.TotalSeconds);
        var (answers, refused) = (0L, 0L);
        Workers.Run(Connections, worker =>
        {
            var (port, request) = aims[worker % aims.Count];
            using var connection = new Connection(port);
            while (Clock.Now < end)
            {
                connection.Send(request);
                if (connection.IsCounted())
                    Interlocked.Increment(ref answers);
                else
                    Interlocked.Increment(ref refused);
            }
        });
        return (answers, refused);
    }
}
