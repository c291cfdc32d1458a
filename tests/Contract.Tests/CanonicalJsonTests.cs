using System.Text;
using Gateway.Contract;

namespace Contract.Tests;

public sealed class CanonicalJsonTests
{
    [Theory]
    [InlineData("""{"a":1,"b":[true,null]}""", """{ "b" : [ true, null ], "a" : 1 }""")]
    [InlineData("""{"a":1,"revision":7,"hash":"x"}""", """{"a":1,"revision":8,"hash":"y"}""")]
    public void Hash_SameContentInAnotherForm_IsTheSame(string one, string other) =>
        Hash(one).ShouldBe(Hash(other));

    [Theory]
    [InlineData("""{"a":1}""", """{"a":2}""")]
    [InlineData("""{"a":[1,2]}""", """{"a":[2,1]}""")]
    [InlineData("""{"a":{"revision":1}}""", """{"a":{"revision":2}}""")]
    [InlineData("""{"a":"1"}""", """{"a":1}""")]
    public void Hash_OtherContent_Differs(string one, string other) =>
        Hash(one).ShouldNotBe(Hash(other));

    [Fact]
    public void Hash_MemberThatThisBuildDoesNotKnow_Counts() =>
        Hash("""{"schemaVersion":1,"aNewMember":true}""").ShouldNotBe(Hash("""{"schemaVersion":1}"""));

    private static string Hash(string json) => CanonicalJson.Hash(Encoding.UTF8.GetBytes(json));
}
