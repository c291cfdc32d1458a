namespace Operator.Api.Schema;

/// <summary>Members that a server writes and that are not read here: no unknown fields.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class IgnoredMembersAttribute(params string[] names) : Attribute
{
    /// <summary>Their JSON names.</summary>
    public string[] Names { get; } = names;
}
