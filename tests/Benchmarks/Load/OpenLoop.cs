namespace Benchmarks.Load;

/// <summary>
/// Requests at a fixed rate, whatever the server does. A latency counts from when the request was due: a server that falls behind cannot
/// hide it by slowing the generator down.
/// </summary>
internal static class OpenLoop
{
    /// <summary>Answers may take up to <see cref="Connections"/> / rate before one delays the next, and then the delay counts.</summary>
    private const int Connections = 64;

    /// <summary>Latencies in milliseconds, of whole answers or of the first content of streams.</summary>
    public static double[] Run(int port, byte[] request, int perSecond, TimeSpan time, bool firstContent) =>
        Run([new(port, request)], perSecond, time, firstContent);

    /// <param name="aims">The connections take them in turn.</param>
    /// <param name="perSecond">Of all connections together.</param>
    /// <param name="time">Of the load.</param>
    /// <param name="firstContent">Whether a latency ends with the first content.</param>
    public static double[] Run(IReadOnlyList<Aim> aims, int perSecond, TimeSpan time, bool firstContent)
    {
        var count = (int)(perSecond * time.TotalSeconds);
        var latencies = new double[count];
        var start = Clock.Now + Clock.Milliseconds(200);
        Workers.Run(Connections, worker =>
        {
            var (port, request) = aims[worker % aims.Count];
            using var connection = new Connection(port);
            for (var i = worker; i < count; i += Connections)
            {
                var due = start + Clock.Seconds((double)i / perSecond);
                Clock.WaitUntil(due);
                connection.Send(request);
                if (firstContent)
                    connection.ReceiveFirstContent();
                else
                    connection.ReceiveAnswer();
                latencies[i] = (Clock.Now - due) / 1e6;
                if (firstContent)
                    connection.ReceiveRest();
            }
        });
        Array.Sort(latencies);
        return latencies;
    }
}
