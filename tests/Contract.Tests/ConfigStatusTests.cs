using System.Text.Json;
using Gateway.Contract;

namespace Contract.Tests;

public sealed class ConfigStatusTests
{
    private static readonly ConfigStatus s_connected = Status(new() { Name = StoreStatus.Redis, State = StoreState.Connected, Since = default });

    [Fact]
    public void StatusOfAnOlderGateway_TellsOfNoDatabase()
    {
        var status = JsonSerializer.Deserialize(
            """{"schemaVersions":[1],"uid":"u","revision":1,"hash":"h","ready":true}""", ContractJson.Default.ConfigStatus);

        status.ShouldNotBeNull();
        status.Stores.ShouldBeEmpty();
        status.Tier.ShouldBe(SpendTier.Embedded);
    }

    [Fact]
    public void DatabaseThatIsLost_IsAnotherStatus()
    {
        var lost = Status(s_connected.Stores[0] with { State = StoreState.Unreachable, Message = "no answer in 5 s" });

        s_connected.SaysTheSameAs(Status(s_connected.Stores[0] with { })).ShouldBeTrue();
        s_connected.SaysTheSameAs(lost).ShouldBeFalse();
    }

    private static ConfigStatus Status(StoreStatus store) =>
        new() { SchemaVersions = [1], Uid = "u", Revision = 1, Hash = "h", Ready = true, Stores = [store] };
}
