namespace Operator.Api.Schema;

/// <summary>One thing that is wrong with one field of a manifest.</summary>
/// <param name="Field">Path of the field, as <c>spec.targets[1].baseURL</c>; empty: the object as a whole.</param>
/// <param name="Message">What is wrong and what would be right, in the words of the API conventions. Holds no secrets.</param>
internal sealed record FieldProblem(string Field, string Message);
