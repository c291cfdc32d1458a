using Operator.Watch;
using Support;

namespace Operator.Tests.Watch;

public sealed class WorkQueueTests
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _time = new(new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly WorkQueue<string> _queue;

    public WorkQueueTests() => _queue = new(new Backoff(s_second, TimeSpan.FromMinutes(1), () => 0), _time);

    [Fact]
    public async Task Key_added_many_times_is_taken_once()
    {
        for (var i = 0; i < 10; i++)
            _queue.Add("a");

        (await TakeAsync()).ShouldBe("a");
        IsIdle().ShouldBeTrue();
    }

    [Fact]
    public async Task Key_added_while_it_is_worked_on_is_taken_again_only_afterwards()
    {
        _queue.Add("a");
        await TakeAsync();

        _queue.Add("a");
        IsIdle().ShouldBeTrue();

        _queue.Done("a");
        (await TakeAsync()).ShouldBe("a");
    }

    [Fact]
    public async Task Keys_are_taken_in_the_order_in_which_they_are_due()
    {
        _queue.AddAfter("later", s_second * 2);
        _queue.AddAfter("sooner", s_second);
        IsIdle().ShouldBeTrue();

        _time.Advance(s_second * 3);

        (await TakeAsync()).ShouldBe("sooner");
        (await TakeAsync()).ShouldBe("later");
    }

    [Fact]
    public async Task Key_that_is_added_for_sooner_does_not_wait_for_its_later_time()
    {
        _queue.AddAfter("a", s_second * 10);
        _queue.Add("a");

        (await TakeAsync()).ShouldBe("a");
        _queue.Done("a");
        _queue.Depth.ShouldBe(0);
    }

    [Fact]
    public async Task Failures_double_the_delay_and_a_success_forgets_them()
    {
        _queue.Add("a");
        foreach (var delay in new[] { 1, 2, 4 })
        {
            await TakeAsync();
            _queue.Retry("a");
            _time.Advance(s_second * (delay - 0.5));
            IsIdle().ShouldBeTrue();
            _time.Advance(s_second * 0.5);
        }

        await TakeAsync();
        _queue.Done("a");
        _queue.Add("a");
        await TakeAsync();
        _queue.Retry("a");
        _time.Advance(s_second);
        (await TakeAsync()).ShouldBe("a");
    }

    [Fact]
    public async Task Key_that_failed_waits_although_others_add_it_meanwhile()
    {
        _queue.Add("a");
        await TakeAsync();
        _queue.Add("a");
        _queue.Retry("a", atLeast: s_second * 5);

        _time.Advance(s_second * 4);
        IsIdle().ShouldBeTrue();
        _time.Advance(s_second);
        (await TakeAsync()).ShouldBe("a");
    }

    [Fact]
    public async Task Key_that_is_done_comes_again_after_the_time_that_was_asked_for()
    {
        _queue.Add("a");
        await TakeAsync();
        _queue.Done("a", again: s_second * 30);
        IsIdle().ShouldBeTrue();

        _time.Advance(s_second * 30);

        (await TakeAsync()).ShouldBe("a");
    }

    [Fact]
    public async Task Who_waits_is_woken_by_the_next_key()
    {
        var waiting = TakeAsync();
        waiting.IsCompleted.ShouldBeFalse();

        _queue.Add("a");

        (await waiting).ShouldBe("a");
    }

    [Fact]
    public async Task Who_waits_is_woken_when_a_key_that_was_added_meanwhile_is_done()
    {
        _queue.Add("a");
        await TakeAsync();
        _queue.Add("a");
        var waiting = TakeAsync();
        waiting.IsCompleted.ShouldBeFalse();

        _queue.Done("a");

        (await waiting).ShouldBe("a");
    }

    [Fact]
    public async Task Many_workers_never_hold_one_key_at_the_same_time()
    {
        var queue = new WorkQueue<int>(new Backoff(TimeSpan.FromTicks(1), TimeSpan.FromTicks(1), () => 0), TimeProvider.System);
        var held = new int[4];
        var taken = 0;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var workers = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (true)
            {
                var key = await queue.TakeAsync(over.Token);
                Interlocked.Increment(ref held[key]).ShouldBe(1);
                await Task.Yield();
                Interlocked.Decrement(ref held[key]);
                if (Interlocked.Increment(ref taken) % 3 == 0)
                    queue.Retry(key);
                else
                    queue.Done(key);
                if (taken > 2_000)
                    await over.CancelAsync();
                queue.Add((key + 1) % 4);
            }
        })).ToList();
        queue.Add(0);
        queue.Add(1);
        queue.Add(2);

        foreach (var worker in workers)
            (await Record.ExceptionAsync(() => worker)).ShouldBeAssignableTo<OperationCanceledException>();
    }

    [Fact]
    public async Task Keys_that_are_added_while_they_are_worked_on_and_then_fail_are_told_as_added_once()
    {
        var told = new List<string>();
        var queue = new WorkQueue<string>(new Backoff(s_second, s_second, () => 0), _time, new()
        {
            Added = () => told.Add("added"),
            Taken = waited => told.Add($"taken after {waited.TotalSeconds} s"),
            Worked = took => told.Add($"worked on for {took.TotalSeconds} s"),
            Retried = () => told.Add("retried"),
        });

        queue.AddAfter("a", s_second * 10);
        _time.Advance(s_second * 11);
        await queue.TakeAsync(TestContext.Current.CancellationToken);
        queue.Add("a");
        queue.Add("a");
        _time.Advance(s_second * 2);
        queue.Retry("a");
        _time.Advance(s_second);
        await queue.TakeAsync(TestContext.Current.CancellationToken);
        queue.Done("a");

        told.ShouldBe(
            ["added", "taken after 1 s", "added", "worked on for 2 s", "retried", "taken after 0 s", "worked on for 0 s"]);
    }

    private Task<string> TakeAsync() => _queue.TakeAsync(TestContext.Current.CancellationToken);

    /// <summary>Whether nothing is due: asked by a taker that leaves at once.</summary>
    private bool IsIdle()
    {
        using var leave = new CancellationTokenSource();
        var taking = _queue.TakeAsync(leave.Token);
        leave.Cancel();
        return !taking.IsCompletedSuccessfully;
    }
}
