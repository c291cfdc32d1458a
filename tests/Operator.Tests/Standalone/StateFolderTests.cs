using Operator.Api;
using Operator.Standalone.State;

namespace Operator.Tests.Standalone;

public sealed class StateFolderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("state-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Key_SecondRun_IsTheSame()
    {
        string first;
        using (var state = Open())
            first = state.Keys.GetOrCreate(Key("demo")).Text;

        using var again = Open();
        again.Keys.GetOrCreate(Key("demo")).Text.ShouldBe(first);
        again.Keys.GetOrCreate(Key("other")).Text.ShouldNotBe(first);
    }

    [Fact]
    public void Key_FileIsDamaged_IsNotWrittenOver()
    {
        using var state = Open();
        state.Keys.GetOrCreate(Key("demo"));
        var file = Path.Combine(_folder.FullName, "keys", "default", "demo-key.json");
        File.WriteAllText(file, "{");

        Should.Throw<IOException>(() => state.Keys.GetOrCreate(Key("demo"))).Message.ShouldContain(file);
        File.ReadAllText(file).ShouldBe("{");
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
        state.Keys.GetOrCreate(Key("demo"));
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

    private StateFolder Open() => StateFolder.Open(_folder.FullName);
}
