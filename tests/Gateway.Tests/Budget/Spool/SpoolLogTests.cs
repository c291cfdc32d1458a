using Gateway.Server.Budget.Spool;
using Microsoft.Extensions.Logging.Abstractions;
using static Gateway.Tests.Budget.Spool.SpoolSamples;

namespace Gateway.Tests.Budget.Spool;

/// <summary>Lines on the volume: torn, damaged, delivered, full.</summary>
public sealed class SpoolLogTests : IDisposable
{
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("spool-");
    private int _copies;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_log_cut_at_any_byte_has_the_lines_that_were_written_in_full_and_takes_more()
    {
        var ends = new List<long>();
        using (var log = Open(_folder.FullName))
        {
            foreach (var i in Enumerable.Range(1, 3))
                ends.Add(log.TryAppend(LineOf(i, $"{i}a", $"{i}b"))!.Offset);
        }

        for (var length = 0; length <= ends[^1]; length++)
        {
            var copy = Copy(_folder.FullName);
            Cut(Files(copy).Single(), length);
            List<string> whole = [.. Enumerable.Range(1, ends.Count(end => end <= length)).SelectMany(i => new[] { $"{i}a", $"{i}b" })];
            using (var log = Open(copy))
            {
                log.Items.ShouldBe(whole.Count, $"cut at {length}");
                log.LostLines.ShouldBe(0);
                log.TryAppend(LineOf(9, "more")).ShouldNotBeNull();
            }

            using var again = Open(copy);
            TakeAll(again).ShouldBe([.. whole, "more"], $"cut at {length}");
            again.LostLines.ShouldBe(0);
        }
    }

    [Fact]
    public void A_byte_changed_anywhere_in_a_line_between_others_costs_that_line_which_is_counted_and_set_aside()
    {
        long start, end;
        using (var log = Open(_folder.FullName))
        {
            start = log.TryAppend(LineOf(1, "a"))!.Offset;
            end = log.TryAppend(LineOf(2, "b"))!.Offset;
            log.TryAppend(LineOf(3, "c")).ShouldNotBeNull();
        }

        for (var at = start; at < end - 1; at++)
        {
            var copy = Copy(_folder.FullName);
            var bytes = File.ReadAllBytes(Files(copy).Single());
            bytes[at] ^= 1;
            File.WriteAllBytes(Files(copy).Single(), bytes);
            using var log = Open(copy);
            log.LostLines.ShouldBeGreaterThan(0, $"changed at {at}");
            TakeAll(log).ShouldBe(["a", "c"], $"changed at {at}");
            Files(copy).ShouldBeEmpty();
            File.ReadAllBytes(Path.Combine(copy, "log.damaged")).ShouldBe(bytes);
        }
    }

    [Fact]
    public void What_was_delivered_is_not_there_after_a_restart_and_all_is_there_where_nobody_knows_how_much_was()
    {
        using (var log = Open(_folder.FullName))
        {
            foreach (var i in Enumerable.Range(1, 4))
                log.TryAppend(LineOf(i, $"{i}")).ShouldNotBeNull();
            Take(log, 2).ShouldBe(["1", "2"]);
        }

        var copy = Copy(_folder.FullName);
        File.Delete(Path.Combine(copy, "log.head"));
        using (var log = Open(_folder.FullName))
            TakeAll(log).ShouldBe(["3", "4"]);
        using (var log = Open(copy))
            TakeAll(log).ShouldBe(["1", "2", "3", "4"]);
    }

    [Fact]
    public void A_batch_is_read_with_the_session_and_number_that_it_was_written_with()
    {
        using (var log = Open(_folder.FullName))
            log.TryAppend(LineOf(7, "a", "b")).ShouldNotBeNull();
        using var again = Open(_folder.FullName);
        var batch = again.Read(1).ShouldNotBeNull();
        (batch.Session, batch.Number).ShouldBe(("s", 7));
    }

    [Fact]
    public void A_file_that_cannot_be_opened_for_a_while_loses_nothing_of_what_is_in_it()
    {
        var options = new SpoolOptions { SegmentBytes = 1 };
        using (var log = Open(_folder.FullName, options))
        {
            foreach (var i in Enumerable.Range(1, 3))
                log.TryAppend(LineOf(i, $"{i}")).ShouldNotBeNull();
        }

        using var again = Open(_folder.FullName, options);
        var files = Files(_folder.FullName).Order(StringComparer.Ordinal).ToArray();
        using (Hold(files[1]))
            Take(again, 3).ShouldBe(["1"]);
        using (Hold(files[1]))
        {
            Take(again, 3).ShouldBeEmpty();
            again.Items.ShouldBe(2);
        }

        TakeAll(again).ShouldBe(["2", "3"]);
        again.LostLines.ShouldBe(0);
    }

    [Fact]
    public void A_full_log_takes_more_once_something_was_delivered_and_no_file_is_left_of_what_was()
    {
        var options = new SpoolOptions { MaxItems = 5, SegmentBytes = 1 };
        using var log = Open(_folder.FullName, options);
        foreach (var i in Enumerable.Range(1, 5))
            log.TryAppend(LineOf(i, $"{i}")).ShouldNotBeNull();
        log.TryAppend(LineOf(6, "6")).ShouldBeNull();
        Files(_folder.FullName).Length.ShouldBe(5);
        Take(log, 3).ShouldBe(["1", "2", "3"]);
        Files(_folder.FullName).Length.ShouldBe(2, "a segment that was delivered is deleted, the head stands at the next");
        log.TryAppend(LineOf(6, "6")).ShouldNotBeNull();
        TakeAll(log).ShouldBe(["4", "5", "6"]);
        Files(_folder.FullName).ShouldBeEmpty();
    }

    [Fact]
    public void Bytes_are_bounded_too()
    {
        using var log = Open(_folder.FullName, new() { MaxBytes = 1000 });
        var lines = 0;
        while (log.TryAppend(LineOf(lines, new string('x', 100))) is not null)
            lines++;
        lines.ShouldBeInRange(3, 9);
        Files(_folder.FullName).Sum(f => new FileInfo(f).Length).ShouldBeLessThanOrEqualTo(1000);
    }

    [Fact]
    public void A_disk_that_takes_a_part_of_a_line_has_the_whole_line_once_there_is_room()
    {
        var free = 100L;
        var options = new SpoolOptions
        {
            Write = (file, bytes, offset) =>
            {
                var written = (int)Math.Min(bytes.Length, free);
                RandomAccess.Write(file, bytes[..written], offset);
                free -= written;
                if (written < bytes.Length)
                    throw new IOException("No space left on device");
            },
        };
        using (var log = Open(_folder.FullName, options))
        {
            log.TryAppend(LineOf(1, "a")).ShouldNotBeNull();
            log.TryAppend(LineOf(2, "b")).ShouldBeNull();
            log.Failure.ShouldNotBeNull();
            free = long.MaxValue;
            log.TryAppend(LineOf(2, "b")).ShouldNotBeNull();
            log.Failure.ShouldBeNull();
        }

        using var again = Open(_folder.FullName);
        TakeAll(again).ShouldBe(["a", "b"]);
        again.LostLines.ShouldBe(0);
    }

    /// <summary>Whatever is appended, delivered and restarted in whatever order, it is the queue that it should be.</summary>
    [Fact]
    public void Any_order_of_appending_delivering_and_restarting_delivers_each_item_once_in_order()
    {
        foreach (var seed in Enumerable.Range(1, 60))
        {
            var random = new Random(seed);
            var directory = _folder.CreateSubdirectory($"{seed}").FullName;
            var options = new SpoolOptions { SegmentBytes = random.Next(1, 600), MaxItems = random.Next(5, 60) };
            var expected = new Queue<string>();
            var log = Open(directory, options);
            for (var step = 0; step < 120; step++)
            {
                switch (random.Next(8))
                {
                    case < 4:
                        string[] items = [.. Enumerable.Range(0, random.Next(1, 5)).Select(i => $"{step}.{i}")];
                        if (log.TryAppend(LineOf(step, items)) is not null)
                            Array.ForEach(items, expected.Enqueue);
                        break;
                    case < 7:
                        var taken = Take(log, random.Next(1, 12));
                        taken.ShouldBe([.. taken.Select(_ => expected.Dequeue())], $"seed {seed}, step {step}");
                        break;
                    default:
                        log.Dispose();
                        log = Open(directory, options);
                        break;
                }

                log.Items.ShouldBe(expected.Count, $"seed {seed}, step {step}");
            }

            TakeAll(log).ShouldBe([.. expected], $"seed {seed}");
            log.Dispose();
        }
    }

    private static List<string> TakeAll(SpoolLog<string> log)
    {
        var all = new List<string>();
        while (Take(log, 1) is { Count: > 0 } items)
            all.AddRange(items);
        return all;
    }

    private static List<string> Take(SpoolLog<string> log, int atLeast)
    {
        if (log.Items == 0 || log.Read(atLeast) is not { } batch)
            return [];
        log.Remove(batch.End!, batch.Items.Length);
        return [.. batch.Items];
    }

    private static SpoolLog<string> Open(string directory, SpoolOptions? options = null) =>
        new(directory, "log", Default.Line, options ?? new(), NullLogger.Instance);

    private static string[] Files(string directory) => System.IO.Directory.GetFiles(directory, "*.jsonl");

    /// <summary>Nobody else can open it.</summary>
    private static FileStream Hold(string path) => new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);

    private static void Cut(string path, long length)
    {
        using var file = File.OpenWrite(path);
        file.SetLength(length);
    }

    private string Copy(string from)
    {
        var copy = _folder.CreateSubdirectory($"copy-{++_copies}").FullName;
        foreach (var file in System.IO.Directory.GetFiles(from))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        return copy;
    }
}
