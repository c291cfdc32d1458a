namespace Operator.Reconcile;

/// <summary>Many small calls to the API server, a few at a time.</summary>
internal static class SideBySide
{
    /// <summary>Enough to hide the time of a round trip, few enough for the server's fairness and for two cores.</summary>
    private const int AtOnce = 16;

    /// <summary>
    /// Does it for each, or until it is over: what has begun is ended, the rest is left. An exception of one is thrown in the end.
    /// </summary>
    /// <returns>Whether it was done for all.</returns>
    public static async Task<bool> ForEachAsync<T>(IEnumerable<T> items, Func<T, Task> action, Func<bool>? isOver = null)
    {
        using var left = items.GetEnumerator();
        var isCut = false;
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => WorkAsync()));
        return !isCut;

        async Task WorkAsync()
        {
            while (TryTake(out var item))
                await action(item);
        }

        bool TryTake(out T item)
        {
            lock (left)
            {
                item = default!;
                if (!left.MoveNext())
                    return false;
                item = left.Current;
                isCut = isOver?.Invoke() ?? false;
                return !isCut;
            }
        }
    }
}
