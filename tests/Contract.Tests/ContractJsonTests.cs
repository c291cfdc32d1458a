using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Contract;

namespace Contract.Tests;

/// <summary>Snapshots of a newer and of an older operator.</summary>
public sealed class ContractJsonTests
{
    [Fact]
    public void MembersThatThisBuildDoesNotKnow_AreIgnoredAtEveryLevel()
    {
        var json = ToJson(Snapshots.Good());
        json["aNewList"] = new JsonArray(1);
        json["settings"]!["aNewSetting"] = true;
        json["routes"]![0]!["aNewMember"] = new JsonObject { ["a"] = 1 };
        json["routes"]![0]!["targets"]![0]!["aNewMember"] = "x";
        json["keys"]![0]!["limits"]!["aNewLimit"] = 1;

        var snapshot = Read(json);

        ToJson(snapshot).ToJsonString().ShouldBe(ToJson(Snapshots.Good()).ToJsonString());
    }

    /// <summary>What schema 1 has required since it began; everything else came, or will come, with a default.</summary>
    [Fact]
    public void MembersThatAnOlderOperatorLeavesOut_HaveTheirDefaults()
    {
        var snapshot = Read(JsonNode.Parse("""
            {
              "schemaVersion": 1, "gateway": "u", "revision": 1, "hash": "",
              "object": {"kind": "LlmGateway", "namespace": "n", "name": "g"},
              "settings": {},
              "routes": [{"object": {"kind": "ModelRoute", "namespace": "n", "name": "r"}, "model": "m",
                "targets": [{"name": "t", "provider": "OpenAI"}]}],
              "keys": [{"object": {"kind": "VirtualKey", "namespace": "n", "name": "k"}, "keyId": "i", "hashes": [], "models": []}],
              "budgets": [{"object": {"kind": "Budget", "namespace": "n", "name": "b"}, "cost": 1, "period": "Daily"}]
            }
            """)!);

        SnapshotValidator.Validate(snapshot).ShouldBeEmpty();
        snapshot.Settings.AssumedOutputTokens.ShouldBe(4096);
        snapshot.Settings.MaxBodyBytes.ShouldBe(32 * 1024 * 1024);
        snapshot.Settings.AllowedModels.ShouldBe(["*"]);
        snapshot.Settings.Retry.Attempts.ShouldBe(2);
        snapshot.Routes[0].Targets[0].Weight.ShouldBe(1);
        snapshot.Routes[0].Targets[0].SupportsStreamUsage.ShouldBeTrue();
        snapshot.Keys[0].State.ShouldBe(KeyState.Active);
        snapshot.Budgets[0].TimeZone.ShouldBe("UTC");
        snapshot.Budgets[0].Blocks().ShouldBeTrue();
        snapshot.Credentials.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("\"NoSuchProvider\"")]
    [InlineData("99")]
    [InlineData("0")]
    public void ProviderThatThisBuildDoesNotKnow_CannotBeRead(string provider)
    {
        var json = ToJson(Snapshots.Good());
        json["routes"]![0]!["targets"]![0]!["provider"] = JsonNode.Parse(provider);

        Should.Throw<JsonException>(() => Read(json)).Path.ShouldBe("$.routes[0].targets[0].provider");
    }

    [Fact]
    public void Everything_ComesBackAsItWasWritten()
    {
        var snapshot = CanonicalJson.WithHash(Snapshots.Good());
        var json = ToJson(snapshot);

        var again = ToJson(Read(json));

        again.ToJsonString().ShouldBe(json.ToJsonString());
        CanonicalJson.Hash(Encoding.UTF8.GetBytes(again.ToJsonString())).ShouldBe(snapshot.Hash);
    }

    [Fact]
    public void CredentialThatIsPrinted_GivesNothingAway() =>
        $"{new CredentialConfig { Name = "team/secret/key", Value = "sk-marker" }}".ShouldNotContain("sk-marker");

    private static JsonNode ToJson(ConfigSnapshot snapshot) =>
        JsonSerializer.SerializeToNode(snapshot, ContractJson.Default.ConfigSnapshot)!;

    private static ConfigSnapshot Read(JsonNode json) => json.Deserialize(ContractJson.Default.ConfigSnapshot)!;
}
