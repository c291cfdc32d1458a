using Operator.Api.Definitions;

namespace Operator.Tests.Api;

public sealed class RuleSchemaTests
{
    [Theory]
    [InlineData("has(self.a)", """{"required":["a"]}""")]
    [InlineData("!has(self.a) || has(self.b)", """{"anyOf":[{"not":{"required":["a"]}},{"required":["b"]}]}""")]
    [InlineData("!(has(self.a) && has(self.b))", """{"not":{"allOf":[{"required":["a"]},{"required":["b"]}]}}""")]
    [InlineData("has(self.a) != has(self.b)", """{"oneOf":[{"required":["a"]},{"required":["b"]}]}""")]
    [InlineData(
        "has(self.a) == has(self.b)",
        """{"anyOf":[{"allOf":[{"required":["a"]},{"required":["b"]}]},{"allOf":[{"not":{"required":["a"]}},{"not":{"required":["b"]}}]}]}""")]
    [InlineData("self.a == 'X'", """{"allOf":[{"required":["a"]},{"properties":{"a":{"const":"X"}}}]}""")]
    [InlineData("self.a != 'X'", """{"not":{"allOf":[{"required":["a"]},{"properties":{"a":{"const":"X"}}}]}}""")]
    [InlineData("self.a <= 1 || has(self.b)", """{"anyOf":[{"properties":{"a":{"maximum":1}}},{"required":["b"]}]}""")]
    public void What_a_schema_can_say_of_a_rule_it_says(string rule, string schema) =>
        RuleSchema.Of(rule)!.ToJsonString().ShouldBe(schema);

    [Theory]
    [InlineData("self == oldSelf")]
    [InlineData("has(self.a) == has(oldSelf.a)")]
    [InlineData("!has(self.a) || !(self.b in self.a)")]
    [InlineData("(has(self.a) ? 1 : 0) + (has(self.b) ? 1 : 0) == 1")]
    [InlineData("!has(self.a) || self.a.b != self.c.d")]
    [InlineData("has(self.a) && self.a.size() > 0")]
    [InlineData("self.a <= self.b")]
    [InlineData("has(self.a) ||")]
    [InlineData("(has(self.a)")]
    [InlineData("")]
    public void A_rule_that_says_more_is_left_to_the_API_server_as_a_whole(string rule) => RuleSchema.Of(rule).ShouldBeNull();
}
