using System.Collections.Immutable;
using System.Text.Json;
using FluentValidation;
using FluentValidation.Results;
using Operator.Api;
using Operator.Api.Schema;

namespace Operator.Translate.Checks;

/// <summary>
/// What a schema cannot say of one object by itself: the CEL rules once more, for those who have no API server, and what CEL cannot say.
/// All problems at once.
/// </summary>
internal static class FieldChecks
{
    private static readonly ImmutableDictionary<string, string> s_spellings = ImmutableDictionary.CreateRange(
    [
        KeyValuePair.Create("BaseUrl", "baseURL"),
        KeyValuePair.Create("CloudNativePg", "cloudNativePG"),
        KeyValuePair.Create("GatewayApi", "gatewayAPI"),
    ]);

    public static ImmutableArray<FieldProblem> Of(LlmGateway gateway, CheckContext context) => Run(new LlmGatewayChecks(), gateway, context);

    public static ImmutableArray<FieldProblem> Of(ModelRoute route, CheckContext context) => Run(new ModelRouteChecks(), route, context);

    public static ImmutableArray<FieldProblem> Of(VirtualKey key, CheckContext context) => Run(new VirtualKeyChecks(), key, context);

    public static ImmutableArray<FieldProblem> Of(Budget budget, CheckContext context) => Run(new BudgetChecks(), budget, context);

    private static ImmutableArray<FieldProblem> Run<T>(AbstractValidator<T> checks, T of, CheckContext context)
    {
        var validation = new ValidationContext<T>(of);
        validation.RootContextData[nameof(CheckContext)] = context;
        return [.. checks.Validate(validation).Errors.Select(Problem)];
    }

    private static FieldProblem Problem(ValidationFailure failure) => new(Path(failure.PropertyName), failure.ErrorMessage);

    /// <summary>From <c>Spec.Targets[0].BaseUrl</c> to <c>spec.targets[0].baseURL</c>.</summary>
    private static string Path(string propertyName) => string.Join('.', propertyName.Split('.').Select(Spell));

    private static string Spell(string part)
    {
        var index = part.IndexOf('[', StringComparison.Ordinal);
        var name = index < 0 ? part : part[..index];
        var rest = index < 0 ? "" : part[index..];
        return (s_spellings.GetValueOrDefault(name) ?? JsonNamingPolicy.CamelCase.ConvertName(name)) + rest;
    }
}
