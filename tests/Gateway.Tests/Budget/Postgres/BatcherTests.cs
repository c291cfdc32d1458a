using Gateway.Server.Budget.Postgres;

namespace Gateway.Tests.Budget.Postgres;

public sealed class BatcherTests
{
    [Fact]
    public async Task Who_waits_for_what_was_added_waits_for_nothing_that_comes_after_it()
    {
        var isOver = false;
        Batcher<int> batcher = null!;
        batcher = new(10, async _ =>
        {
            await Task.Yield();
            if (!Volatile.Read(ref isOver))
                batcher.Add(0);
        });
        batcher.Add(0);

        var drained = await Record.ExceptionAsync(() => batcher.DrainAsync().WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));

        Volatile.Write(ref isOver, true);
        drained.ShouldBeNull();
    }

    [Fact]
    public async Task All_that_was_added_before_is_sent_also_where_it_takes_several_batches()
    {
        var sent = 0;
        var first = new TaskCompletionSource();
        var batcher = new Batcher<int>(2, async batch =>
        {
            await first.Task;
            sent += batch.Count;
        });
        for (var i = 0; i < 7; i++)
            batcher.Add(i);

        var draining = batcher.DrainAsync();

        draining.IsCompleted.ShouldBeFalse();
        first.SetResult();
        await draining;
        sent.ShouldBe(7);
        batcher.DrainAsync().IsCompleted.ShouldBeTrue();
    }
}
