namespace Operator.Api.Schema;

/// <summary>
/// A rule that the API server evaluates by itself (<c>x-kubernetes-validations</c>). <c>self</c> is the object or the field that carries
/// the attribute. Each rule has its twin in <c>Translate/Checks</c>, which also runs where there is no API server.
/// https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Property, AllowMultiple = true)]
internal sealed class CelRuleAttribute(string rule, string message) : Attribute
{
    /// <summary>The expression; false refuses the object.</summary>
    public string Rule { get; } = rule;

    /// <summary>What the user reads.</summary>
    public string Message { get; } = message;
}
