using System.Collections.Concurrent;
using Gateway.Server.Budget.Files;
using Gateway.Server.Budget.Spool;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;
using Support;

namespace Gateway.Tests.Budget.Spool;

/// <summary>When something is brought to the volume, and what becomes of it.</summary>
public sealed class BacklogTests : IDisposable
{
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("spool-");
    private readonly ManualTimeProvider _time = new(new(2026, 5, 6, 10, 20, 30, TimeSpan.Zero));
    private readonly Lines _log = new();
    private SpoolOptions _options = new();

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void What_is_delivered_at_once_is_never_written()
    {
        using var folder = Open();
        var backlog = Backlog(folder);
        for (var i = 0; i < 20; i++)
        {
            backlog.TryAdd($"{i}").ShouldBeTrue();
            folder.Beat();
            backlog.Take().ShouldNotBeNull().Items.ShouldBe([$"{i}"]);
            _time.Advance(_options.SyncInterval);
            folder.Beat();
            backlog.Done();
        }

        Files().ShouldBeEmpty();
        backlog.IsBehind.ShouldBeFalse();
    }

    [Fact]
    public void After_a_failure_all_that_waits_survives_the_process_as_the_batches_that_it_was()
    {
        var killed = Open();
        var backlog = Backlog(killed);
        Add(backlog, "1", "2", "3", "4", "5");
        var first = backlog.Take().ShouldNotBeNull();
        first.Items.ShouldBe(["1", "2"]);
        backlog.Failed();
        killed.Beat();
        killed.Kill();

        using var folder = Open();
        var after = Backlog(folder);
        after.Count.ShouldBe(5);
        var again = after.Take().ShouldNotBeNull();
        (again.Session, again.Number).ShouldBe((first.Session, first.Number));
        again.Items.ShouldBe(["1", "2"]);
        after.Done();
        DeliverAll(after).ShouldBe(["3", "4", "5"]);
    }

    [Fact]
    public void What_waits_for_longer_than_the_patience_is_written_though_nobody_said_that_it_failed()
    {
        using var folder = Open();
        var backlog = Backlog(folder);
        Add(backlog, "1", "2", "3");
        var underWay = backlog.Take().ShouldNotBeNull();
        _time.Advance(_options.Patience);
        folder.Beat();
        Files().ShouldBeEmpty("half a second ago nothing waited, as far as anybody knows");
        _time.Advance(_options.Patience);
        folder.Beat();
        Files().ShouldNotBeEmpty();

        // It was delivered after all: nobody is to deliver it again.
        backlog.Take().ShouldNotBeNull().Items.ShouldBe(underWay.Items);
        backlog.Done();
        DeliverAll(backlog).ShouldBe(["3"]);
        Files().ShouldBeEmpty();
    }

    [Fact]
    public void What_comes_while_the_volume_is_read_goes_there_too_and_memory_is_used_again_once_it_is_empty()
    {
        using var folder = Open();
        var backlog = Backlog(folder);
        Add(backlog, "1", "2", "3");
        backlog.Failed();
        folder.Beat();
        Add(backlog, "4");
        backlog.Take().ShouldNotBeNull().Items.ShouldBe(["1", "2"]);
        folder.Beat();
        backlog.Done();
        DeliverAll(backlog).ShouldBe(["3", "4"]);
        Add(backlog, "5");
        folder.Beat();
        Files().ShouldBeEmpty();
        DeliverAll(backlog).ShouldBe(["5"]);
    }

    [Fact]
    public void In_a_long_outage_only_a_bounded_number_is_in_memory_and_nothing_is_lost()
    {
        _options = new() { MaxInMemory = 40 };
        using var folder = Open();
        var backlog = Backlog(folder);
        for (var i = 0; i < 400; i++)
        {
            Add(backlog, $"{i}");
            if (i % 15 == 0)
                folder.Beat();
        }

        (backlog.Count, backlog.Lost, backlog.IsFull).ShouldBe((400, 0, false));
        DeliverAll(backlog).Order(StringComparer.Ordinal)
            .ShouldBe(Enumerable.Range(0, 400).Select(i => $"{i}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Where_volume_and_memory_are_full_it_says_so_before_it_counts_what_it_loses()
    {
        _options = new() { MaxInMemory = 10, MaxItems = 4 };
        using var folder = Open();
        var backlog = Backlog(folder);
        backlog.Failed();
        Add(backlog, "1", "2", "3", "4");
        folder.Beat();
        Add(backlog, "5", "6", "7", "8");
        folder.Beat();
        backlog.IsFull.ShouldBeFalse();
        Add(backlog, "9");
        (backlog.IsFull, backlog.Lost).ShouldBe((true, 0));
        Add(backlog, "10", "11", "12", "13", "14");
        backlog.TryAdd("15").ShouldBeFalse();
        backlog.Lost.ShouldBe(1);
        DeliverAll(backlog).ShouldBe([.. Enumerable.Range(1, 14).Select(i => $"{i}")]);
    }

    [Fact]
    public void What_is_left_at_the_end_is_on_the_volume()
    {
        using (var folder = Open())
            Add(Backlog(folder), "1", "2", "3");
        using var next = Open();
        DeliverAll(Backlog(next)).ShouldBe(["1", "2", "3"]);
    }

    [Fact]
    public void A_folder_has_one_process()
    {
        using var folder = Open();
        Should.Throw<DirectoryInUseException>(Open).Message.ShouldContain(_folder.FullName);
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_no_failure_and_what_waits_is_kept_in_memory()
    {
        var file = Path.Combine(_folder.FullName, "file");
        File.WriteAllText(file, "");
        using var folder = SpoolFolder.Open(Path.Combine(file, "spool"), _options, _time, NullLogger<SpoolFolder>.Instance);
        var backlog = Backlog(folder);
        Add(backlog, "1");
        backlog.Failed();
        folder.Beat();
        DeliverAll(backlog).ShouldBe(["1"]);
    }

    [Fact]
    public async Task A_volume_that_hangs_holds_up_nothing_that_is_in_memory_and_nothing_is_delivered_twice()
    {
        using var disk = new HangingDisk();
        _options = new() { Write = disk.Write };
        using (var folder = Open())
        {
            var backlog = Backlog(folder);
            Add(backlog, "1", "2", "3");
            backlog.Take().ShouldNotBeNull();
            backlog.Failed();
            var beat = disk.HangIn(folder.Beat);
            DeliverAll(backlog).ShouldBe(["1", "2", "3"]);
            Add(backlog, "4");
            DeliverAll(backlog).ShouldBe(["4"]);

            await disk.GoOnAsync(beat);
            folder.Beat();
            (backlog.Count, backlog.IsBehind).ShouldBe((0, false));
            Files().ShouldBeEmpty();
        }

        using var next = Open();
        DeliverAll(Backlog(next)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_comes_while_a_volume_hangs_is_delivered_past_it_and_what_is_there_afterwards()
    {
        using var disk = new HangingDisk();
        _options = new() { Write = disk.Write, Patience = TimeSpan.FromMilliseconds(50) };
        using var folder = Open();
        var backlog = Backlog(folder);
        Add(backlog, "1", "2", "3");
        backlog.Failed();
        folder.Beat();
        Add(backlog, "4", "5", "6", "7");
        var beat = disk.HangIn(folder.Beat);

        var past = backlog.Take().ShouldNotBeNull();
        past.Items.ShouldBe(["6", "7"]);
        backlog.Done();
        backlog.Take().ShouldBeNull();

        await disk.GoOnAsync(beat);
        SpoolBatch<string>? first;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((first = backlog.Take()) is null)
            patience.IsCancellationRequested.ShouldBeFalse("the volume can be read again");
        first.Session.ShouldNotBe(past.Session, "batches of one session come in order");
        DeliverAll(backlog).ShouldBe(["1", "2", "3", "4", "5"]);
    }

    [Fact]
    public async Task What_is_delivered_past_a_volume_that_hangs_in_vain_goes_there_too_and_comes_again_as_the_same_batch()
    {
        using var disk = new HangingDisk();
        _options = new() { Write = disk.Write, Patience = TimeSpan.FromMilliseconds(50) };
        SpoolBatch<string> past;
        using (var killed = Open())
        {
            var backlog = Backlog(killed);
            Add(backlog, "1", "2");
            backlog.Failed();
            killed.Beat();
            Add(backlog, "3", "4", "5", "6");
            var beat = disk.HangIn(killed.Beat);
            past = backlog.Take().ShouldNotBeNull();
            past.Items.ShouldBe(["5", "6"]);
            backlog.PutBack();
            backlog.Take().ShouldNotBeNull().ShouldBe(past);
            backlog.PutBack();

            await disk.GoOnAsync(beat);
            killed.Beat();
            killed.Kill();
        }

        using var next = Open();
        var after = Backlog(next);
        var batches = new List<SpoolBatch<string>>();
        while (after.Take() is { } batch)
        {
            batches.Add(batch);
            after.Done();
        }

        batches.Select(b => string.Join(',', b.Items)).ShouldBe(["1,2", "3,4", "5,6"]);
        (batches[2].Session, batches[2].Number).ShouldBe((past.Session, past.Number));
        batches[2].Session.ShouldNotBe(batches[1].Session);
    }

    [Fact]
    public async Task Closing_waits_for_a_volume_that_hangs_no_longer_than_its_bound_and_says_how_many_records_are_left()
    {
        using var disk = new HangingDisk();
        _options = new() { Write = disk.Write, CloseBound = TimeSpan.FromMilliseconds(50) };
        var folder = Open();
        Add(Backlog(folder), "1", "2", "3");
        var closing = disk.HangIn(folder.Dispose);
        await closing;

        _log.Messages.ShouldHaveSingleItem().ShouldContain(": 3 records are in memory alone");
        Should.Throw<DirectoryInUseException>(Open);

        // The process lives for a while longer, and the volume does too.
        await disk.GoOnAsync(closing);
        using var next = OpenWhenFree();
        DeliverAll(Backlog(next)).ShouldBe(["1", "2", "3"]);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(20, 0)]
    public void A_volume_with_less_room_than_may_wait_there_is_told_once_at_the_start(int mebibytes, int warnings)
    {
        var (disk, problem) = SmallDisk.Mount(mebibytes * 1024);
        Assert.SkipWhen(disk is null, problem);
        using (disk)
        {
            using var folder = SpoolFolder.Open(disk!.Path, SpoolOptions.OfSize(16), _time, _log);
            Backlog(folder);
            folder.Start();
            _log.Messages.Count(m => m.StartsWith($"16 MiB more may wait for a database in {disk.Path}", StringComparison.Ordinal))
                .ShouldBe(warnings);
            _log.Messages.Count.ShouldBe(warnings);
        }
    }

    [Fact]
    public void What_cannot_be_written_is_counted_as_lost_and_holds_up_nothing_else()
    {
        using var folder = Open();
        var backlog = folder.Backlog("items", new(2, Gathers: false), SpoolSamples.Default.NumbersLine);
        backlog.TryAdd([1]).ShouldBeTrue();
        backlog.TryAdd(default).ShouldBeTrue();
        backlog.TryAdd([2]).ShouldBeTrue();
        backlog.Failed();
        folder.Beat();
        (backlog.Count, backlog.Lost).ShouldBe((2, 1));
        backlog.Take().ShouldNotBeNull().Items.ShouldHaveSingleItem().ShouldBe([1]);
        backlog.Done();
        backlog.Take().ShouldNotBeNull().Items.ShouldHaveSingleItem().ShouldBe([2]);
    }

    /// <summary>As a store sees it that knows the last number of each session: an earlier one was counted before, it says.</summary>
    [Fact]
    public async Task However_a_volume_and_a_database_fail_each_item_is_counted_once_and_batches_of_a_session_come_in_order()
    {
        foreach (var seed in Enumerable.Range(1, 8))
        {
            var random = new Random(seed);
            _options = new()
            {
                Patience = TimeSpan.FromMilliseconds(1),
                SegmentBytes = 400,
                Write = (file, bytes, offset) =>
                {
                    if (random.Next(4) == 0)
                        throw new IOException("No space left on device");
                    if (random.Next(4) == 0)
                        Thread.SpinWait(1_000_000);
                    RandomAccess.Write(file, bytes, offset);
                },
            };
            using var folder = Open();
            var backlog = Backlog(folder);
            using var stop = new CancellationTokenSource();
            var beating = Task.Run(
                () =>
                {
                    while (!stop.IsCancellationRequested)
                        folder.Beat();
                },
                TestContext.Current.CancellationToken);
            var (counted, numbers) = (new List<string>(), new Dictionary<string, long>());
            var (taking, added) = (new Random(-seed), 0);
            while (added < 300 || backlog.Count > 0)
            {
                for (var i = taking.Next(5); i > 0 && added < 300; i--)
                    backlog.TryAdd($"{added++}").ShouldBeTrue();
                if (backlog.Take() is not { } batch)
                    continue;
                if (numbers.GetValueOrDefault(batch.Session) < batch.Number)
                    counted.AddRange(batch.Items);
                numbers[batch.Session] = Math.Max(batch.Number, numbers.GetValueOrDefault(batch.Session));
                switch (taking.Next(6))
                {
                    case 0:
                        backlog.Failed();
                        break;
                    case 1 or 2:
                        backlog.PutBack();
                        break;
                    default:
                        backlog.Done();
                        break;
                }
            }

            await stop.CancelAsync();
            await beating;
            counted.Select(int.Parse).Order().ShouldBe(Enumerable.Range(0, added), $"seed {seed}");
            backlog.Lost.ShouldBe(0);
        }
    }

    private static Backlog<string> Backlog(SpoolFolder folder) =>
        folder.Backlog("items", new(2, Gathers: false), SpoolSamples.Default.Line);

    private static void Add(Backlog<string> backlog, params string[] items)
    {
        foreach (var item in items)
            backlog.TryAdd(item).ShouldBeTrue();
    }

    private static List<string> DeliverAll(Backlog<string> backlog)
    {
        var all = new List<string>();
        while (backlog.Take() is { } batch)
        {
            all.AddRange(batch.Items);
            backlog.Done();
        }

        return all;
    }

    private SpoolFolder Open() => SpoolFolder.Open(_folder.FullName, _options, _time, _log);

    private SpoolFolder OpenWhenFree()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            try
            {
                return Open();
            }
            catch (DirectoryInUseException) when (!patience.IsCancellationRequested)
            {
                Thread.Yield();
            }
        }
    }

    private string[] Files() => System.IO.Directory.GetFiles(_folder.FullName, "*.jsonl");

    private sealed class Lines : ILogger<SpoolFolder>
    {
        public ConcurrentQueue<string> Messages { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Messages.Enqueue(formatter(state, exception));
    }

    /// <summary>A disk that does not come back from a write until it is told to.</summary>
    private sealed class HangingDisk : IDisposable
    {
        private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);

        private readonly ManualResetEventSlim _goes = new(initialState: true);
        private readonly ManualResetEventSlim _hangs = new();

        public void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
        {
            _hangs.Set();
            _goes.Wait(s_bound).ShouldBeTrue();
            RandomAccess.Write(file, bytes, offset);
        }

        /// <summary>Returns when it hangs.</summary>
        public Task HangIn(Action act)
        {
            _goes.Reset();
            _hangs.Reset();
            var acting = Task.Run(act);
            _hangs.Wait(s_bound).ShouldBeTrue();
            return acting;
        }

        public async Task GoOnAsync(Task acting)
        {
            _goes.Set();
            await acting;
        }

        public void Dispose()
        {
            _goes.Dispose();
            _hangs.Dispose();
        }
    }
}
