namespace Gateway.Server.Hosting;

/// <summary>A gateway that another process started for itself must not outlive it, however that one ends.</summary>
internal static class Parent
{
    /// <summary>GATEWAY_EXIT_WITH_STDIN, default false: ends when standard input does, which happens when its other end is gone.</summary>
    public static Task Ends(Func<string, string?> environment) =>
        bool.TryParse(environment("GATEWAY_EXIT_WITH_STDIN"), out var exits) && exits
            ? Task.Run(() => Console.In.ReadToEnd())
            : Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, CancellationToken.None);
}
