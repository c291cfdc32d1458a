using System.Reflection;
using Operator.Translate;
using Support;

namespace Operator.Tests;

/// <summary>
/// <c>Translate</c>, <c>Children</c> and <c>Status</c> are pure: what they need comes in as a value. Looks at every type and member that
/// their compiled code names, lambdas included.
/// </summary>
public sealed class ArchitectureTests
{
    private static readonly string[] s_pure = ["Operator.Translate", "Operator.Children", "Operator.Status", "Operator.Alerts"];

    private static readonly string[] s_impure =
        ["Operator.Push", "Operator.Reconcile", "Operator.Standalone", "Operator.Watch", "Operator.Kubernetes", "Operator.Hosting"];

    [Fact]
    public void PureNamespaces_NameNoClientClockLoggerOrRandomness()
    {
        var pure = Pure();

        pure.ShouldNotBeEmpty();
        Purity.Breaches(pure).ShouldBeEmpty();
    }

    [Fact]
    public void PureNamespaces_NameNothingOfTheOperatorThatIsNotPure() =>
        Pure().SelectMany(t => CodeReferences.Of(t)
            .SelectMany(CodeReferences.Types)
            .Where(r => s_impure.Any(n => CodeReferences.IsUnder(r.Namespace, n)))
            .Select(r => $"{t.FullName} names {r.FullName}")).Distinct().ShouldBeEmpty();

    [Fact]
    public void Operator_KnowsOfTheGatewayWhatIsSharedOnly() =>
        typeof(Translator).Assembly.GetReferencedAssemblies()
            .Select(a => a.Name!)
            .Where(n => n.StartsWith("gateway", StringComparison.OrdinalIgnoreCase))
            .ShouldBe(["Gateway.Contract", "Gateway.Metrics"], ignoreOrder: true);

    [Theory]
    [InlineData(nameof(Impure.ReadsTheClock))]
    [InlineData(nameof(Impure.OpensAFile))]
    [InlineData(nameof(Impure.DrawsLots))]
    [InlineData(nameof(Impure.HidesItInALambda))]
    public void CodeThatIsNotPure_IsFound(string method)
    {
        var found = CodeReferences.Of(typeof(Impure).GetMethod(method)!)
            .Concat(typeof(Impure).GetNestedTypes(BindingFlags.NonPublic).SelectMany(CodeReferences.Of));

        found.ShouldContain(m => Purity.Forbids(m));
    }

    private static List<Type> Pure() =>
        [.. typeof(Translator).Assembly.GetTypes().Where(t => s_pure.Any(p => CodeReferences.IsUnder(t.Namespace, p)))];

    private static class Impure
    {
        public static DateTimeOffset ReadsTheClock() => DateTimeOffset.UtcNow;

        public static string OpensAFile() => File.ReadAllText("/nowhere");

        public static int DrawsLots() => new Random(1).Next();

        public static Func<Guid> HidesItInALambda() => () => Guid.NewGuid();
    }
}
