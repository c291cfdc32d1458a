using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Contract;
using Gateway.Server.Stores;

namespace Gateway.Tests.Stores;

/// <summary>The connection to a server that is played here: it answers what the test says, when it says so.</summary>
public sealed class RedisConnectionTests : IAsyncLifetime
{
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(10);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private Socket _server = null!;
    private RedisConnection _connection = null!;

    public async ValueTask InitializeAsync()
    {
        _listener.Start();
        var connecting = RedisConnection.ConnectAsync(Uri, null, s_bound, TimeProvider.System);
        _server = await _listener.AcceptSocketAsync(TestContext.Current.CancellationToken);
        await HearAsync("PING");
        await SayAsync("+PONG\r\n-ERR no names\r\n");
        _connection = (await connecting).Connection.ShouldNotBeNull();
    }

    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        _server.Dispose();
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Many_at_once_each_have_their_own_answer()
    {
        var asked = Enumerable.Range(0, 1000).Select(i => AskAsync($"word-{i}")).ToList();
        await HearAsync("word-999");
        await SayAsync(string.Concat(Enumerable.Range(0, 1000).Select(i => $":{i}\r\n")));

        (await Task.WhenAll(asked)).Select(a => a.Value.Number).ShouldBe(Enumerable.Range(0, 1000).Select(i => (long)i));
    }

    [Fact]
    public async Task What_can_wait_goes_when_another_is_answered_and_at_once_where_there_is_none()
    {
        var alone = _connection.AskAsync(["alone"], [], s_bound, canWait: true);
        await HearAsync("alone");
        var waiting = _connection.AskAsync(["waiting"], [], s_bound, canWait: true);
        await SayAsync("+1\r\n");
        (await HearAsync("waiting")).ShouldNotContain("alone");
        await SayAsync("+2\r\n");

        (await alone).Value.Text.ShouldBe("1");
        (await waiting).Value.Text.ShouldBe("2");
    }

    [Fact]
    public async Task An_answer_that_comes_too_late_is_nobody_elses()
    {
        var late = await _connection.AskAsync(["late"], [], TimeSpan.FromMilliseconds(50));
        late.ShouldBe(RedisAnswer.Silence);
        var next = AskAsync("next");
        await HearAsync("next");
        await SayAsync("+of late\r\n+of next\r\n");

        (await next).Value.Text.ShouldBe("of next");
    }

    /// <summary>As where a process has just begun, and compiles under its first calls.</summary>
    [Theory]
    [InlineData("+1\r\n+2\r\n", "")]
    [InlineData("+1\r\n", "+2\r\n")]
    public async Task An_answer_that_has_come_and_is_read_late_is_an_answer(string first, string rest)
    {
        using var busy = new ManualResetEventSlim();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var bound = TimeSpan.FromMilliseconds(100);
        var one = AskAsync("one").ContinueWith(
            _ =>
            {
                begun.SetResult();
                busy.Wait(TestContext.Current.CancellationToken);
            },
            TaskContinuationOptions.ExecuteSynchronously);
        var two = _connection.AskAsync(["two"], [], bound);
        await HearAsync("two");
        await SayAsync(first);
        await begun.Task;
        await SayAsync(rest);
        await Task.Delay(3 * bound, TestContext.Current.CancellationToken);
        two.IsCompleted.ShouldBeFalse();
        busy.Set();

        (await two).Value.Text.ShouldBe("2");
        await one;
    }

    [Fact]
    public async Task What_was_asked_when_the_server_goes_may_have_been_done_and_later_questions_were_not()
    {
        var asked = AskAsync("asked");
        await HearAsync("asked");
        _server.Dispose();

        (await asked).ShouldBe(RedisAnswer.Lost);
        _connection.IsOpen.ShouldBeFalse();
        (await AskAsync("later")).ShouldBe(RedisAnswer.Unsent);
    }

    [Theory]
    [InlineData("+nobody\r\n")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n")]
    public async Task A_server_that_says_what_nobody_asked_is_left(string said)
    {
        await SayAsync(said);

        // After what it has said so far its side of the connection ends.
        var buffer = new byte[4096];
        while (await _server.ReceiveAsync(buffer, TestContext.Current.CancellationToken) > 0)
        {
        }

        (await AskAsync("more")).ShouldBe(RedisAnswer.Unsent);
    }

    [Fact]
    public async Task An_answer_of_many_megabytes_is_read()
    {
        var text = new string('x', 5_000_000);
        var asked = AskAsync("much");
        await HearAsync("much");
        await SayAsync($"*2\r\n${text.Length}\r\n{text}\r\n:7\r\n");

        var list = (await asked).Value.List.ShouldNotBeNull();
        list[0].Text.ShouldBe(text);
        list[1].Number.ShouldBe(7);
    }

    [Fact]
    public async Task A_server_that_takes_the_connection_and_says_nothing_is_given_up_within_the_bound()
    {
        var (connection, problem) = await RedisConnection.ConnectAsync(Uri, null, TimeSpan.FromMilliseconds(200), TimeProvider.System);
        connection.ShouldBeNull();
        problem.ShouldBe("no answer in time");
    }

    [Fact]
    public async Task A_login_that_is_refused_is_said_in_the_servers_words()
    {
        var connecting = RedisConnection.ConnectAsync(
            Uri with { User = "app", Password = "s3cret", Database = "2" }, null, s_bound, TimeProvider.System);
        _server.Dispose();
        _server = await _listener.AcceptSocketAsync(TestContext.Current.CancellationToken);
        (await HearAsync("PING")).ShouldContain("*3\r\n$4\r\nAUTH\r\n$3\r\napp\r\n$6\r\ns3cret\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n2\r\n");
        await SayAsync("-WRONGPASS invalid\r\n-NOAUTH\r\n-NOAUTH\r\n-NOAUTH\r\n");

        (await connecting).ShouldBe((null, "WRONGPASS invalid"));
    }

    private StoreUri Uri => StoreUri.Redis(string.Create(
        CultureInfo.InvariantCulture, $"redis://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}")).Uri!;

    private Task<RedisAnswer> AskAsync(string word) => _connection.AskAsync([word], [], s_bound);

    private async Task SayAsync(string text) => await _server.SendAsync(Encoding.UTF8.GetBytes(text), TestContext.Current.CancellationToken);

    /// <summary>All that came up to this word.</summary>
    private async Task<string> HearAsync(string word)
    {
        var heard = new StringBuilder();
        var buffer = new byte[4096];
        while (!heard.ToString().Contains(word, StringComparison.Ordinal))
        {
            var count = await _server.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
            count.ShouldBeGreaterThan(0);
            heard.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }

        return heard.ToString();
    }
}
