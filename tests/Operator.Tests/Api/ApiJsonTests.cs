using System.Text.Json;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Tests.Api;

public sealed class ApiJsonTests
{
    [Fact]
    public void Read_FieldsNotGiven_HaveTheirDefaults()
    {
        var gateway = Read<LlmGateway>("""{"apiVersion":"llmgateway.dev/v1alpha1","kind":"LlmGateway","metadata":{"name":"g"},"spec":{}}""");

        gateway.Spec.Replicas.ShouldBe(1);
        gateway.Spec.Service.Port.ShouldBe(4000);
        gateway.Spec.AllowedKeys.Models.ShouldBe(["*"]);
        gateway.Spec.AllowedUpstreamHosts.ShouldBeEmpty();
        gateway.Spec.Defaults.Retry.On.Length.ShouldBe(4);
        gateway.Metadata.Labels.ShouldBeEmpty();
        gateway.Status.ShouldBeNull();
    }

    [Theory]
    [InlineData("baseURL", """{"name":"t","provider":"OpenAI","baseURL":"http://h"}""")]
    [InlineData("cacheWrite5m", """{"name":"t","provider":"OpenAI","pricing":{"input":"1","output":"2","cacheWrite5m":"3"}}""")]
    public void Write_NameWithItsOwnSpelling_IsKept(string member, string target)
    {
        var read = JsonSerializer.Deserialize<ModelTarget>(target, ApiJson.Options)!;

        JsonSerializer.Serialize(read, ApiJson.Options).ShouldContain($"\"{member}\"");
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("with \\\"escapes\\\" and \\u00e4")]
    [InlineData("äöü€😀")]
    [InlineData("")]
    public void Read_ATextThatCameBefore_IsTheSameInstance(string escaped)
    {
        var json = $"[\"{escaped}\",\"{escaped}\"]";

        var read = JsonSerializer.Deserialize<string[]>(json, ApiJson.Options)!;

        read[0].ShouldBe(JsonSerializer.Deserialize<string[]>(json)![0]);
        read[1].ShouldBeSameAs(read[0]);
    }

    [Theory]
    [InlineData("""[5]""")]
    [InlineData("""[{}]""")]
    [InlineData("""["\uD800"]""")]
    [InlineData("""["a\uDC00b"]""")]
    public void Read_WhatIsNoText_IsAFaultOfTheJson(string json) =>
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize<string[]>(json, ApiJson.Options));

    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(40_000)]
    public void Read_Texts_OfEveryLength_AreWhole(int length)
    {
        var text = new string('ß', length);

        JsonSerializer.Deserialize<Dictionary<string, string>>($$"""{"{{text}}":"{{text}}"}""", ApiJson.Options)![text].ShouldBe(text);
    }

    [Fact]
    public void Read_Secret_GivesTextOfDataAndOfStringData()
    {
        var secret = Read<Secret>(
            """{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"data":{"a":"eA==","b":"eA=="},"stringData":{"b":"y"}}""");

        secret.Read("a").ShouldBe("x");
        secret.Read("b").ShouldBe("y");
        secret.Read("c").ShouldBeNull();
        secret.ToString().ShouldBe("Secret /s");
    }

    [Fact]
    public void Read_EnumOfTheContract_IsItsCamelCaseName()
    {
        JsonSerializer.Deserialize<Provider>("\"OpenAICompatible\"", ApiJson.Options).ShouldBe(Provider.OpenAICompatible);
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize<Provider>("1", ApiJson.Options));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("\"25%\"")]
    public void Write_IntOrString_IsWhatWasRead(string json) =>
        JsonSerializer.Serialize(JsonSerializer.Deserialize<IntOrString>(json, ApiJson.Options), ApiJson.Options).ShouldBe(json);

    private static T Read<T>(string json) => JsonSerializer.Deserialize<T>(json, ApiJson.Options)!;
}
