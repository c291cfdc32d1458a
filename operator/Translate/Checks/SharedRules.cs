using FluentValidation;
using Gateway.Contract;

namespace Operator.Translate.Checks;

/// <summary>Rules that several kinds share.</summary>
internal static class SharedRules
{
    public static IRuleBuilderOptions<T, string> IsModelPattern<T>(this IRuleBuilder<T, string> rule) =>
        rule.Must(text => ModelPattern.TryParse(text, out _)).WithMessage("must be a name with at most one `*`, at its start or end");

    public static CheckContext Checks<T>(this ValidationContext<T> context) => (CheckContext)context.RootContextData[nameof(CheckContext)];
}
