using System.Reflection;
using System.Reflection.Emit;
using Operator.Translate;

namespace Operator.Tests;

/// <summary>
/// <c>Translate</c>, <c>Children</c> and <c>Status</c> are pure: what they need comes in as a value. Looks at every type and member that
/// their compiled code names, lambdas included.
/// </summary>
public sealed class ArchitectureTests
{
    private static readonly string[] s_pure = ["Operator.Translate", "Operator.Children", "Operator.Status"];

    private static readonly string[] s_bannedNamespaces =
    [
        "System.Net.Http", "System.Net.Sockets", "System.IO", "System.Threading.Tasks", "Microsoft.Extensions", "Microsoft.AspNetCore", "YamlDotNet",
        "Operator.Push", "Operator.Reconcile", "Operator.Standalone", "Operator.Watch", "Operator.Kubernetes", "Operator.Hosting",
    ];

    private static readonly string[] s_bannedTypes =
    [
        "System.TimeProvider", "System.Random", "System.Security.Cryptography.RandomNumberGenerator", "System.Console",
        "System.Diagnostics.Stopwatch", "System.Diagnostics.Process",
    ];

    private static readonly string[] s_bannedMembers =
    [
        "System.DateTime.get_Now", "System.DateTime.get_UtcNow", "System.DateTimeOffset.get_Now", "System.DateTimeOffset.get_UtcNow",
        "System.Guid.NewGuid", "System.Guid.CreateVersion7",
        "System.Environment.GetEnvironmentVariable", "System.Environment.get_TickCount", "System.Environment.get_TickCount64",
    ];

    private static readonly Dictionary<short, OpCode> s_opCodes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(f => (OpCode)f.GetValue(null)!).ToDictionary(c => c.Value);

    [Fact]
    public void PureNamespaces_NameNoClientClockLoggerOrRandomness()
    {
        var pure = typeof(Translator).Assembly.GetTypes().Where(t => s_pure.Any(p => IsUnder(t.Namespace, p))).ToList();

        pure.ShouldNotBeEmpty();
        pure.SelectMany(t => Named(t).Where(IsBanned).Select(m => $"{t.FullName} names {FullName(m)}")).Distinct().ShouldBeEmpty();
    }

    [Theory]
    [InlineData(nameof(Impure.ReadsTheClock))]
    [InlineData(nameof(Impure.OpensAFile))]
    [InlineData(nameof(Impure.DrawsLots))]
    [InlineData(nameof(Impure.HidesItInALambda))]
    public void CodeThatIsNotPure_IsFound(string method)
    {
        var found = Named(typeof(Impure).GetMethod(method)!).Concat(typeof(Impure).GetNestedTypes(BindingFlags.NonPublic).SelectMany(Named));

        found.ShouldContain(m => IsBanned(m));
    }

    private static bool IsBanned(MemberInfo member)
    {
        var type = member as Type ?? member.DeclaringType;
        return s_bannedMembers.Contains(FullName(member))
            || s_bannedTypes.Contains(type?.FullName)
            || s_bannedNamespaces.Any(n => IsUnder(type?.Namespace, n));
    }

    private static bool IsUnder(string? candidate, string parent) =>
        candidate is not null && (candidate == parent || candidate.StartsWith(parent + ".", StringComparison.Ordinal));

    private static string FullName(MemberInfo member) =>
        member is Type type ? type.FullName ?? type.Name : $"{member.DeclaringType?.FullName}.{member.Name}";

    private const BindingFlags All =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static IEnumerable<MemberInfo> Named(Type type) => type.GetFields(All).Select(f => (MemberInfo)f.FieldType)
        .Concat(type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All)).SelectMany(Named));

    private static IEnumerable<MemberInfo> Named(MethodBase method)
    {
        foreach (var parameter in method.GetParameters())
            yield return parameter.ParameterType;
        if (method.GetMethodBody()?.GetILAsByteArray() is not { } code)
            yield break;
        var typeArguments = method.DeclaringType is { IsGenericType: true } generic ? generic.GetGenericArguments() : null;
        var methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        for (var i = 0; i < code.Length;)
        {
            var value = code[i] == 0xFE ? unchecked((short)(0xFE00 | code[i + 1])) : code[i];
            var opCode = s_opCodes[value];
            i += opCode.Size;
            if (opCode.OperandType is OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineType or OperandType.InlineTok
                && method.Module.ResolveMember(BitConverter.ToInt32(code, i), typeArguments, methodArguments) is { } member)
                yield return member;
            i += SizeOf(opCode.OperandType, code, i);
        }
    }

    private static int SizeOf(OperandType operand, byte[] code, int at) => operand switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
        _ => 4,
    };

    private static class Impure
    {
        public static DateTimeOffset ReadsTheClock() => DateTimeOffset.UtcNow;

        public static string OpensAFile() => File.ReadAllText("/nowhere");

        public static int DrawsLots() => new Random(1).Next();

        public static Func<Guid> HidesItInALambda() => () => Guid.NewGuid();
    }
}
