using System.Text.RegularExpressions;
using Operator.Api;
using Operator.Api.Schema;

namespace Operator.Tests.Api.Schema;

/// <summary>What holds for every field of every kind.</summary>
public sealed class SchemaReaderTests
{
    public static TheoryData<Type> Kinds() =>
        [typeof(LlmGateway), typeof(ModelRoute), typeof(VirtualKey), typeof(Budget), typeof(Secret), typeof(Namespace)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Read_AnyKind_EveryTextListMapAndNumberIsBounded(Type kind)
    {
        foreach (var (path, node) in All(SchemaReader.Read(kind), kind.Name))
        {
            object? bound = node.Type switch
            {
                SchemaType.String => node.Text,
                SchemaType.Integer => node.Bounds,
                SchemaType.Array => node.Items,
                SchemaType.Map => node.Entries,
                SchemaType.IntOrString => node.Text is null ? null : node.Bounds,
                _ => node,
            };
            bound.ShouldNotBeNull($"{path} has no bounds");
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Read_AnyKind_IntegersFitTheirType(Type kind)
    {
        foreach (var (path, node) in All(SchemaReader.Read(kind), kind.Name).Where(n => n.Node.ClrType == typeof(int)))
            node.Bounds!.Max.ShouldBeLessThanOrEqualTo(int.MaxValue, path);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Read_AnyKind_PatternsAreAnchoredAndExplained(Type kind)
    {
        foreach (var (path, node) in All(SchemaReader.Read(kind), kind.Name))
        {
            foreach (var (pattern, means) in new[] { (node.Text?.Pattern, node.Text?.Means), (node.Entries?.KeyPattern, node.Entries?.KeyMeans) })
            {
                if (pattern is null)
                    continue;
                pattern.ShouldStartWith("^", Case.Sensitive, path);
                pattern.ShouldEndWith("$", Case.Sensitive, path);
                means.ShouldNotBeNull(path);
                _ = new Regex(pattern, RegexOptions.NonBacktracking);
            }
        }
    }

    [Fact]
    public void Read_NamesWithTheirOwnSpelling_AreTheNamesOfTheApi()
    {
        var names = All(SchemaReader.Read(typeof(LlmGateway)), "").Concat(All(SchemaReader.Read(typeof(ModelRoute)), "")).Select(n => n.Path).ToList();

        names.ShouldContain(".spec.autoscaling.targetCPUUtilizationPercent");
        names.ShouldContain(".spec.exposure.gatewayAPI.parentRefs");
        names.ShouldContain(".spec.postgres.cloudNativePG.clusterName");
        names.ShouldContain(".spec.targets.baseURL");
    }

    [Fact]
    public void Read_Initializers_AreTheDefaults()
    {
        var spec = SchemaReader.Read(typeof(LlmGateway)).Members.Single(m => m.Name == "spec").Node;

        spec.Members.Single(m => m.Name == "replicas").Default!.ToJsonString().ShouldBe("1");
        spec.Members.Single(m => m.Name == "unpricedModels").Default!.ToJsonString().ShouldBe("\"Reject\"");
        spec.Members.Single(m => m.Name == "service").Default!.ToJsonString().ShouldBe("{}");
        spec.Members.Single(m => m.Name == "image").Default.ShouldBeNull();
        spec.Members.Single(m => m.Name == "allowedUpstreamHosts").Default.ShouldBeNull();
    }

    private static IEnumerable<(string Path, SchemaNode Node)> All(SchemaNode node, string path)
    {
        yield return (path, node);
        foreach (var member in node.Members)
        {
            foreach (var inner in All(member.Node, $"{path}.{member.Name}"))
                yield return inner;
        }

        if (node.Item is { } item)
        {
            foreach (var inner in All(item, path))
                yield return inner;
        }
    }
}
