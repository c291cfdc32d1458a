using Gateway.Contract;
using Gateway.Server.Stores;
using Microsoft.Extensions.Logging.Abstractions;
using Support.Stores;

namespace Gateway.Tests.Stores;

/// <summary>The watch on a real Postgres and a real Redis, while they go and come.</summary>
public sealed class StoreWatchTests : IDisposable
{
    private const string Password = "pa:ss/w%rd @#?";

    private static readonly StoreWatchOptions s_options = new()
    {
        Interval = TimeSpan.FromMilliseconds(200),
        Bound = TimeSpan.FromSeconds(2),
    };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("watch-");

    public static TheoryData<string> Stores => [StoreStatus.Postgres, StoreStatus.Redis];

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task KilledAndBack_IsUnreachableAndThenConnectedAgain(string store)
    {
        await using var server = await StartAsync(store);
        await using var watch = Watch(store, server.Url);
        var before = await UntilAsync(watch, StoreState.Connected);

        await server.Process.KillAsync();
        var gone = await UntilAsync(watch, StoreState.Unreachable);
        await server.Process.StartAsync();
        var back = await UntilAsync(watch, StoreState.Connected);

        before.Name.ShouldBe(store);
        before.Message.ShouldBeEmpty();
        gone.Since.ShouldBeGreaterThan(before.Since);
        gone.Message.ShouldContain($"127.0.0.1:{server.Process.Port}");
        back.Since.ShouldBeGreaterThan(gone.Since);
        back.Message.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Paused_IsNoticedWithinTheBoundAndGoesOnAfterIt(string store)
    {
        await using var server = await StartAsync(store);
        await using var watch = Watch(store, server.Url);
        await UntilAsync(watch, StoreState.Connected);

        server.Process.Pause();
        var paused = TimeProvider.System.GetTimestamp();
        var gone = await UntilAsync(watch, StoreState.Unreachable);
        var noticed = TimeProvider.System.GetElapsedTime(paused);
        server.Process.Resume();
        await UntilAsync(watch, StoreState.Connected);

        gone.Message.ShouldBe("no answer in 2 s");

        // The interval, the bound, and what a busy machine adds.
        noticed.ShouldBeLessThan(s_options.Interval + s_options.Bound + TimeSpan.FromSeconds(2));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task WrongPassword_IsSaidWithoutThePassword(string store)
    {
        await using var server = await StartAsync(store);
        await using var watch = Watch(store, server.Url.Replace(Uri.EscapeDataString(Password), "not-the-s3cret", StringComparison.Ordinal));

        var gone = await UntilAsync(watch, StoreState.Unreachable);

        gone.Message.ShouldContain("password");
        gone.Message.ShouldNotContain("s3cret");
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task ServerOfTheUsersOwnAuthority_IsTrustedOnlyWithIt(string store)
    {
        using var own = new StoreCertificate(TimeProvider.System.GetUtcNow());
        using var other = new StoreCertificate(TimeProvider.System.GetUtcNow());
        await using var server = await StartAsync(store, own);
        await using var trusting = Watch(store, server.Url, own.CertificateFile);
        await using var strict = Watch(store, server.Url, other.CertificateFile);

        await UntilAsync(trusting, StoreState.Connected);
        var refused = await UntilAsync(strict, StoreState.Unreachable);

        refused.Message.ShouldContain("certificate");
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task NewPasswordInTheFile_IsTakenWithoutARestart(string store)
    {
        await using var server = await StartAsync(store);
        await using var watch = Watch(store, "redis://nonsense:x");
        await UntilAsync(watch, StoreState.Unreachable);

        await File.WriteAllTextAsync(UrlFile(store), server.Url + "\n", TestContext.Current.CancellationToken);

        await UntilAsync(watch, StoreState.Connected);
    }

    [Fact]
    public async Task SeveralHosts_TheOneThatAnswersServes()
    {
        await using var server = await StartAsync(StoreStatus.Postgres);
        await using var watch = Watch(
            StoreStatus.Postgres, server.Url.Replace("@127.0.0.1", "@127.0.0.1:1,127.0.0.1", StringComparison.Ordinal));

        await UntilAsync(watch, StoreState.Connected);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task MissingFile_IsNamed(string store)
    {
        await using var watch = Watch(store, "");
        File.Delete(UrlFile(store));

        var refused = await UntilAsync(watch, StoreState.Unreachable, s => s.Message.Contains("cannot read", StringComparison.Ordinal));

        refused.Message.ShouldBe($"cannot read {UrlFile(store)}");
    }

    private static async Task<Server> StartAsync(string store, StoreCertificate? certificate = null)
    {
        if (store == StoreStatus.Postgres)
        {
            var postgres = await PostgresServer.StartNewAsync(Password, certificate);
            return new(postgres, postgres.Url);
        }

        var redis = await RedisServer.StartNewAsync(Password, certificate);
        return new(redis, redis.Url);
    }

    private static async Task<StoreStatus> UntilAsync(StoreWatch watch, StoreState state, Func<StoreStatus, bool>? and = null)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            if (watch.Status is { } status && status.State == state && and?.Invoke(status) != false)
                return status;
            patience.IsCancellationRequested.ShouldBeFalse($"{watch.Status} is not {state}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    private string UrlFile(string store) => Path.Combine(_folder.FullName, store);

    private StoreWatch Watch(string store, string url, string? caFile = null)
    {
        File.WriteAllText(UrlFile(store), url);
        var files = new StoreFiles(UrlFile(store), caFile);
        IStoreProbe probe = store == StoreStatus.Postgres
            ? new PostgresProbe(files, s_options)
            : new RedisProbe(files, s_options, TimeProvider.System);
        var watch = new StoreWatch(probe, s_options, TimeProvider.System, NullLogger.Instance);
        watch.Start();
        return watch;
    }

    private sealed record Server(StoreProcess Process, string Url) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Process.DisposeAsync();
    }
}
