using Gateway.Server.Budget.Files;

namespace Gateway.Tests.Budget;

public sealed class DirectoryEntriesTests
{
    [Fact]
    public void Sync_OfADirectory_Succeeds()
    {
        var directory = Directory.CreateTempSubdirectory("entries-ä-");

        Should.NotThrow(() => DirectoryEntries.Sync(directory.FullName));

        directory.Delete();
    }

    [Fact]
    public void Sync_OfADirectoryThatIsNotThere_IsAnIOExceptionThatNamesIt() =>
        Should.Throw<IOException>(() => DirectoryEntries.Sync("/no/such/directory")).Message.ShouldContain("/no/such/directory");
}
