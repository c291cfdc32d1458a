using System.Diagnostics;
using Operator.Standalone.Manifests;

namespace Operator.Tests.Standalone;

public sealed class ManifestFolderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("manifests-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_pipe_is_reported_and_holds_nobody_up()
    {
        using var make = Process.Start("mkfifo", [PathOf("a.yaml")]);
        await make.WaitForExitAsync(TestContext.Current.CancellationToken);
        File.WriteAllText(PathOf("b.yaml"), "kind: X");

        var reading = Task.Factory.StartNew(Read, TaskCreationOptions.LongRunning);

        (await reading.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken)).ShouldBe(["is empty", "kind: X"]);
    }

    [Fact]
    public void A_link_is_judged_by_what_it_leads_to()
    {
        using (var large = File.Create(PathOf("large")))
            large.SetLength(9 * 1024 * 1024);
        File.WriteAllText(PathOf("small"), "kind: X");
        Link("a.yaml", "/dev/zero");
        Link("b.yaml", "b.yaml");
        Link("c.yaml", PathOf("large"));
        Link("d.yaml", "small");

        var texts = Read();

        texts[0].ShouldBe("is empty");
        texts[1].ShouldContain("symbolic link");
        texts[2].ShouldBe("is larger than 8 MiB");
        texts[3].ShouldBe("kind: X");
    }

    private string[] Read() => [.. new ManifestFolder(_folder.FullName).Read().Select(f => f.Text ?? f.Error)];

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);

    private void Link(string name, string target) => File.CreateSymbolicLink(PathOf(name), target);
}
