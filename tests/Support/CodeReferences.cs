using System.Reflection;
using System.Reflection.Emit;

namespace Support;

/// <summary>
/// Which types and members compiled code names: in base types, fields, signatures and bodies, lambdas and iterators included. Architecture
/// tests look here, because what a source file imports is not what it uses.
/// </summary>
public static class CodeReferences
{
    private const BindingFlags All =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> s_opCodes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(f => (OpCode)f.GetValue(null)!).ToDictionary(c => c.Value);

    /// <summary>Of a type, without the types nested in it: those are types of their own.</summary>
    public static IEnumerable<MemberInfo> Of(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return type.GetInterfaces().Append(type.BaseType).OfType<MemberInfo>()
            .Concat(type.GetFields(All).Select(f => f.FieldType))
            .Concat(type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All)).SelectMany(Of));
    }

    /// <summary>Of one method.</summary>
    public static IEnumerable<MemberInfo> Of(MethodBase method)
    {
        ArgumentNullException.ThrowIfNull(method);
        foreach (var parameter in method.GetParameters())
            yield return parameter.ParameterType;
        if (method is MethodInfo { ReturnType: var returned })
            yield return returned;
        if (method.GetMethodBody() is not { } body)
            yield break;
        foreach (var local in body.LocalVariables)
            yield return local.LocalType;
        foreach (var member in InCode(method, body.GetILAsByteArray()!))
            yield return member;
    }

    /// <summary>The types behind a reference: its own or its declaring one, element types and type arguments.</summary>
    public static IEnumerable<Type> Types(MemberInfo member)
    {
        ArgumentNullException.ThrowIfNull(member);
        var type = member as Type ?? member.DeclaringType;
        if (type is null)
            yield break;
        while (type.HasElementType)
            type = type.GetElementType()!;
        yield return type;
        IEnumerable<Type> arguments = type.IsGenericType ? type.GetGenericArguments() : [];
        if (member is MethodInfo { IsGenericMethod: true } method)
            arguments = arguments.Concat(method.GetGenericArguments());
        foreach (var argument in arguments.Where(a => !a.IsGenericParameter))
        {
            foreach (var inner in Types(argument))
                yield return inner;
        }
    }

    /// <summary>As <c>Namespace.Type</c> or <c>Namespace.Type.Member</c>.</summary>
    public static string FullName(MemberInfo member)
    {
        ArgumentNullException.ThrowIfNull(member);
        return member is Type type ? type.FullName ?? type.Name : $"{member.DeclaringType?.FullName}.{member.Name}";
    }

    /// <summary>Whether a namespace is another or lies in it.</summary>
    public static bool IsUnder(string? candidate, string parent)
    {
        ArgumentNullException.ThrowIfNull(parent);
        return candidate is not null && (candidate == parent || candidate.StartsWith(parent + ".", StringComparison.Ordinal));
    }

    private static IEnumerable<MemberInfo> InCode(MethodBase method, byte[] code)
    {
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
}
