using Operator.Api;
using Operator.Standalone;

namespace Operator.Tests.Standalone;

public sealed class LocalSecretsTests
{
    private static readonly LocalSecretUse s_use = new("default", new() { Name = "openai", Key = "api-key" });

    [Theory]
    [InlineData("openai", "api-key", "OPENAI_API_KEY")]
    [InlineData("my.team-2", "Key_1", "MY_TEAM_2_KEY_1")]
    public void Variable_Reference_IsItsNameInUpperCase(string name, string key, string variable) =>
        LocalSecrets.Variable(new() { Name = name, Key = key }).ShouldBe(variable);

    [Fact]
    public void Resolve_SecretHasTheKey_EnvironmentIsNotAsked() =>
        LocalSecrets.Resolve([s_use], [Secret("api-key", "from-folder")], _ => "from-environment").Single().Read("api-key").ShouldBe("from-folder");

    [Fact]
    public void Resolve_NoSecret_EnvironmentServes()
    {
        var secret = LocalSecrets.Resolve([s_use], [], name => name == "OPENAI_API_KEY" ? "from-environment" : null).Single();

        secret.Id().ShouldBe("default/openai");
        secret.Read("api-key").ShouldBe("from-environment");
    }

    [Fact]
    public void Resolve_SecretLacksTheKey_EnvironmentAddsIt()
    {
        var secret = LocalSecrets.Resolve([s_use], [Secret("other", "kept")], _ => "from-environment").Single();

        secret.Read("other").ShouldBe("kept");
        secret.Read("api-key").ShouldBe("from-environment");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Resolve_Nowhere_IsMissing(string? value) => LocalSecrets.Resolve([s_use], [], _ => value).ShouldBeEmpty();

    [Fact]
    public void Resolve_SecretOfAnotherNamespace_DoesNotServe() =>
        LocalSecrets.Resolve([s_use with { Namespace = "other" }], [Secret("api-key", "x")], _ => null).Single().Id().ShouldBe("default/openai");

    private static Secret Secret(string key, string value)
    {
        var secret = new Secret { Metadata = new() { Name = "openai", Namespace = "default" } };
        return secret with { StringData = secret.StringData.SetItem(key, value) };
    }
}
