namespace Integration.Tests.Gateway;

/// <summary>What cannot start says why in one line each and ends with a code: 2 for its settings, 1 for the machine.</summary>
public sealed class StartTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("start-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task BadSettings_AreAllNamedAndEndWith2()
    {
        var (code, error) = await GatewayChild.FailAsync(
            _folder.FullName, ("GATEWAY_DATA_ADDRESS", "nowhere"), ("GATEWAY_LOG_LEVEL", "loud"), ("GATEWAY_ADMIN_TOKEN_FILE", ""));

        code.ShouldBe(2);
        error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')[0]).ShouldBe(
            ["GATEWAY_DATA_ADDRESS", "GATEWAY_LOG_LEVEL", "GATEWAY_ADMIN_TOKEN_FILE"], ignoreOrder: true);
    }

    [Fact]
    public async Task StateDirectoryInUse_EndsWith1AndNamesIt()
    {
        await using var first = await GatewayChild.StartAsync(_folder.FullName);

        var (code, error) = await GatewayChild.FailAsync(_folder.FullName);

        code.ShouldBe(1);
        OneLine(error).ShouldContain(Path.Combine(_folder.FullName, "state"));
    }

    [Fact]
    public async Task PortInUse_EndsWith1AndNamesIt()
    {
        await using var first = await GatewayChild.StartAsync(_folder.FullName);
        var taken = new Uri(first.Data).Authority;

        var (code, error) = await GatewayChild.FailAsync(_folder.CreateSubdirectory("second").FullName, ("GATEWAY_DATA_ADDRESS", taken));

        code.ShouldBe(1);
        OneLine(error).ShouldContain(taken);
    }

    [Theory]
    [InlineData("GATEWAY_TLS_CERTIFICATE_FILE", "no certificate")]
    [InlineData("GATEWAY_ADMIN_CERTIFICATE_FILE", null)]
    public async Task DamagedOrMissingCertificate_EndsWith1AndNamesIt(string variable, string? content)
    {
        var file = Path.Combine(_folder.FullName, "tls.pem");
        if (content is not null)
            await File.WriteAllTextAsync(file, content, TestContext.Current.CancellationToken);

        var (code, error) = await GatewayChild.FailAsync(_folder.FullName, (variable, file));

        code.ShouldBe(1);
        OneLine(error).ShouldContain(file);
    }

    [Fact]
    public async Task AddressOfAnotherMachine_EndsWith1()
    {
        var (code, error) = await GatewayChild.FailAsync(_folder.FullName, ("GATEWAY_DATA_ADDRESS", "192.0.2.1:4000"));

        code.ShouldBe(1);
        OneLine(error).ShouldNotBeEmpty();
    }

    private static string OneLine(string error) => error.Trim().Split('\n').ShouldHaveSingleItem();
}
