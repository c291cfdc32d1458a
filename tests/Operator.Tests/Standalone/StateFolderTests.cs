using Operator.Api;
using Operator.Keys;
using Operator.Standalone.State;

namespace Operator.Tests.Standalone;

public sealed class StateFolderTests : IDisposable
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("state-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Key_SecondRun_IsTheSame()
    {
        string first;
        using (var state = Open())
            first = Keep(state, Key("demo")).Current.Text;

        using var again = Open();
        Keep(again, Key("demo")).Current.Text.ShouldBe(first);
        Keep(again, Key("other")).Current.Text.ShouldNotBe(first);
    }

    [Fact]
    public void Key_FileIsDamaged_IsNotWrittenOver()
    {
        using var state = Open();
        Keep(state, Key("demo"));
        var file = Path.Combine(_folder.FullName, "keys", "default", "demo-key.json");
        File.WriteAllText(file, "{");

        Should.Throw<IOException>(() => Keep(state, Key("demo"))).Message.ShouldContain(file);
        File.ReadAllText(file).ShouldBe("{");
    }

    [Fact]
    public void A_rotation_goes_on_where_the_last_run_has_left_it()
    {
        var key = Key("demo") with { Spec = Key("demo").Spec with { Rotation = new() { PeriodSeconds = 3600, OverlapSeconds = 60 } } };
        StoredKey made;
        StoredKey begun;
        using (var state = Open())
            made = Keep(state, key);
        using (var state = Open())
            begun = state.Keys.Advance(key, s_now.AddHours(1), _ => false);

        using var last = Open();
        var ended = last.Keys.Advance(key, s_now.AddHours(1), _ => true);

        begun.Current.ShouldBe(made.Current);
        ended.Current.ShouldBe(begun.Next);
        ended.Previous!.Sha256.ShouldBe(GeneratedKey.Sha256(made.Current.Text));
        last.Keys.Advance(key, s_now.AddHours(1), _ => true).ShouldBe(ended);
        var file = File.ReadAllText(Path.Combine(_folder.FullName, "keys", "default", "demo-key.json"));
        file.ShouldContain(ended.Current.Text);
        file.ShouldNotContain(made.Current.Text);
    }

    [Fact]
    public void Open_HeldByAnother_SaysSo()
    {
        using var state = Open();

        Should.Throw<IOException>(Open).Message.ShouldContain("--state");
    }

    [Fact]
    public void Files_OnUnix_AreForTheirOwnerAlone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such modes");
        using var state = Open();
        Keep(state, Key("demo"));
        state.Of(Gateway()).Prepare("main", TimeProvider.System);

        foreach (var file in _folder.EnumerateFiles("*", SearchOption.AllDirectories).Where(f => f.Name != "lock"))
            file.UnixFileMode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite, file.Name);
    }

    [Fact]
    public void Prepare_SecondRun_HasTheSameTokenAndCertificate()
    {
        using var state = Open();
        var first = state.Of(Gateway()).Prepare("main", TimeProvider.System);
        var second = state.Of(Gateway()).Prepare("main", TimeProvider.System);

        second.Tokens.ShouldBe(first.Tokens);
        second.Pins[0].ShouldBe(first.Pins[0]);
        first.Tokens[0].Length.ShouldBe(64);
    }

    [Fact]
    public async Task Reserve_Revisions_RiseWithTheContentAndAboveWhatWasSeen()
    {
        var file = Path.Combine(_folder.FullName, "revision.json");

        (await new RevisionFile(file).ReserveAsync("a", 0, Cancellation)).ShouldBe(1);
        (await new RevisionFile(file).ReserveAsync("a", 0, Cancellation)).ShouldBe(1);
        (await new RevisionFile(file).ReserveAsync("b", 0, Cancellation)).ShouldBe(2);
        (await new RevisionFile(file).ReserveAsync("b", 7, Cancellation)).ShouldBe(8);
        (await new RevisionFile(file).ReserveAsync("b", 7, Cancellation)).ShouldBe(8);
        await File.WriteAllTextAsync(file, "damaged", Cancellation);
        (await new RevisionFile(file).ReserveAsync("b", 0, Cancellation)).ShouldBe(1);
    }

    private static VirtualKey Key(string name) => new()
    {
        Metadata = new() { Name = name, Namespace = "default" },
        Spec = new() { GatewayRef = new() { Name = "main" }, Models = ["*"] },
    };

    private static LlmGateway Gateway() => new() { Metadata = new() { Name = "main", Namespace = "default" }, Spec = new() };

    private static StoredKey Keep(StateFolder state, VirtualKey key) => state.Keys.Advance(key, s_now, _ => false);

    private StateFolder Open() => StateFolder.Open(_folder.FullName);
}
