namespace Operator.Tests.Push;

/// <summary>Waits for what other threads do. The test ends by its token where it never happens.</summary>
internal static class Poll
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    public static async Task UntilAsync(Func<bool> condition)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(s_deadline);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!condition())
            await timer.WaitForNextTickAsync(timeout.Token);
    }
}
