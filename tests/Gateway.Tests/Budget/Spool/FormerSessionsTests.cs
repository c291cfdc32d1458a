using Gateway.Server.Budget.Spool;

namespace Gateway.Tests.Budget.Spool;

public sealed class FormerSessionsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sessions-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Those_before_are_known_until_what_they_held_is_given_up()
    {
        Read("one").Ids.ShouldBeEmpty();
        Read("two").Ids.ShouldBe(["one"]);
        var third = Read("thr");
        third.Ids.ShouldBe(["one", "two"]);
        third.Forget();
        third.Ids.ShouldBeEmpty();
        third.Save();
        Read("fou").Ids.ShouldBe(["thr"]);
    }

    [Fact]
    public void A_process_that_starts_ever_anew_leaves_the_last_ones_only()
    {
        for (var i = 100; i < 200; i++)
            Read($"{i}");
        Read("200").Ids.ShouldBe(Enumerable.Range(168, 32).Select(i => $"{i}"));
    }

    [Fact]
    public void A_line_that_was_torn_is_nobody()
    {
        File.WriteAllText(SessionsFile, "one\ntw");
        Read("thr").Ids.ShouldBe(["one"]);
    }

    [Fact]
    public void A_folder_that_cannot_be_used_knows_nobody()
    {
        Directory.CreateDirectory(SessionsFile);
        Read("one").Ids.ShouldBeEmpty();
        FormerSessions.Read(null, "one").Ids.ShouldBeEmpty();
    }

    private string SessionsFile => Path.Combine(_folder.FullName, "sessions");

    private FormerSessions Read(string own) => FormerSessions.Read(_folder.FullName, own);
}
