using System.Security.Cryptography;
using System.Text;
using Gateway.Contract;

namespace Contract.Tests;

public sealed class CanonicalJsonTests
{
    [Theory]
    [InlineData("""{"a":1,"b":[true,null]}""", """{ "b" : [ true, null ], "a" : 1 }""")]
    [InlineData("""{"a":1,"revision":7,"hash":"x"}""", """{"a":1,"revision":8,"hash":"y"}""")]
    [InlineData("""{"a":{"y":1,"x":[{"c":1,"b":2}]}}""", """{"a":{"x":[{"b":2,"c":1}],"y":1}}""")]
    [InlineData("""{"a":"\u00e9\/"}""", """{"a":"é/"}""")]
    public void Hash_SameContentInAnotherForm_IsTheSame(string one, string other) =>
        Hash(one).ShouldBe(Hash(other));

    [Theory]
    [InlineData("""{"a":1}""", """{"a":2}""")]
    [InlineData("""{"a":[1,2]}""", """{"a":[2,1]}""")]
    [InlineData("""{"a":{"revision":1}}""", """{"a":{"revision":2}}""")]
    [InlineData("""{"a":"1"}""", """{"a":1}""")]
    [InlineData("""{"a":1}""", """{"A":1}""")]
    [InlineData("""{"a":1}""", """{"a":1.0}""")]
    [InlineData("""{"a":null}""", """{}""")]
    [InlineData("""{"x":{"hash":1}}""", """{"x":{}}""")]
    public void Hash_OtherContent_Differs(string one, string other) =>
        Hash(one).ShouldNotBe(Hash(other));

    [Fact]
    public void Hash_MemberThatThisBuildDoesNotKnow_Counts() =>
        Hash("""{"schemaVersion":1,"aNewMember":true}""").ShouldNotBe(Hash("""{"schemaVersion":1}"""));

    /// <summary>Golden: another value means that a gateway and an operator of different builds do not agree any more.</summary>
    [Fact]
    public void Hash_IsTheSameInEveryBuild() =>
        Hash("""{"schemaVersion":1,"revision":7,"routes":[{"weight":0.50,"model":"é\"<+>"}],"gateway":"u","hash":"x"}""")
            .ShouldBe(Convert.ToHexStringLower(SHA256.HashData(
                """{"gateway":"u","routes":[{"model":"\u00E9\u0022\u003C\u002B\u003E","weight":0.50}],"schemaVersion":1}"""u8)));

    private static string Hash(string json) => CanonicalJson.Hash(Encoding.UTF8.GetBytes(json));
}
