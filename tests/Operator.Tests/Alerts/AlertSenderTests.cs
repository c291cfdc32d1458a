using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Operator.Alerts;
using Operator.Api;
using Operator.Reconcile;
using Operator.Tests.Push;
using Support;

namespace Operator.Tests.Alerts;

public sealed class AlertSenderTests
{
    private static readonly WebhookKey s_key = WebhookKey.Parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")!;
    private static readonly PendingAlert s_alert =
        new() { Id = "msg_1", Time = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero), Body = """{"type":"budget.exceeded"}""" };

    private readonly FakeClock _clock = new();
    private readonly ConcurrentQueue<AlertEnd> _ends = [];
    private int _ended;

    [Fact]
    public async Task An_alert_that_is_not_taken_is_sent_again_until_it_is_with_the_id_that_it_had()
    {
        await using var receiver = await AlertReceiver.StartAsync();
        await using var sender = Sender();
        receiver.Answer = attempt => attempt < 2 ? 503 : 200;

        sender.Send(new(receiver.Url, s_key), s_alert, () => Interlocked.Increment(ref _ended));
        await PassUntilAsync(() => Volatile.Read(ref _ended) > 0);

        _ends.ShouldBe([AlertEnd.Delivered]);
        receiver.Received.Length.ShouldBe(3);
        foreach (var received in receiver.Received)
        {
            received.ShouldBe(new("POST", "/hook", s_alert.Id, received.Time, s_key.Sign(s_alert.Id, received.Time, s_alert.Body), s_alert.Body));
        }

        receiver.Received.Select(r => r.Time).ShouldBeUnique();
    }

    [Fact]
    public async Task An_alert_that_nobody_ever_takes_is_given_up_after_hours()
    {
        await using var receiver = await AlertReceiver.StartAsync();
        await using var sender = Sender();
        receiver.Answer = _ => 500;
        var start = _clock.GetUtcNow();

        sender.Send(new(receiver.Url, s_key), s_alert, () => Interlocked.Increment(ref _ended));
        await PassUntilAsync(() => Volatile.Read(ref _ended) > 0);

        _ends.ShouldBe([AlertEnd.Failed]);
        receiver.Received.Length.ShouldBe(7);
        (_clock.GetUtcNow() - start).ShouldBeGreaterThan(TimeSpan.FromHours(2));
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var receiver = await AlertReceiver.StartAsync();
        await using var sender = Sender();
        receiver.Answer = attempt => attempt == 0 ? 307 : 200;

        sender.Send(new(receiver.Url, s_key), s_alert, () => Interlocked.Increment(ref _ended));
        await PassUntilAsync(() => Volatile.Read(ref _ended) > 0);

        receiver.Received.Select(r => r.Path).ShouldBe(["/hook", "/hook"]);
    }

    [Fact]
    public async Task A_receiver_that_is_not_there_keeps_nobody_from_stopping()
    {
        var sender = Sender();
        sender.Send(new(new("http://127.0.0.1:1/hook"), s_key), s_alert, () => Interlocked.Increment(ref _ended));
        await Poll.UntilAsync(() => _clock.Waits.Count == 1);

        await sender.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        _ends.ShouldBeEmpty();
        _ended.ShouldBe(0);
    }

    [Fact]
    public void Of_a_target_logs_show_the_host_only() =>
        new WebhookTarget(new("https://hooks.example.com/services/secret"), s_key).ToString().ShouldBe("hooks.example.com");

    private AlertSender Sender() => new(_ends.Enqueue, _clock, NullLogger.Instance);

    private Task PassUntilAsync(Func<bool> condition) => Poll.UntilAsync(() =>
    {
        if (_clock.Waits is [var wait, ..])
            _clock.Advance(wait);
        return condition();
    });
}
