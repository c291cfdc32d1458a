using FluentValidation;
using Operator.Api;

namespace Operator.Translate.Checks;

/// <summary>A label selector says something that can be evaluated.</summary>
internal sealed class LabelSelectorCheck : AbstractValidator<LabelSelector>
{
    public LabelSelectorCheck() =>
        RuleForEach(s => s.MatchExpressions)
            .Must(r => r.Operator is LabelSelectorOperator.In or LabelSelectorOperator.NotIn == r.Values.Length > 0)
            .WithMessage(RuleMessages.SelectorValues);
}

/// <summary>Time-outs do not contradict each other.</summary>
internal sealed class TimeoutsCheck : AbstractValidator<TimeoutsSpec>
{
    public TimeoutsCheck()
    {
        RuleFor(t => t.TotalSeconds)
            .Must((t, total) => total is null || !(total < t.ConnectSeconds))
            .WithMessage("must not be below `connectSeconds`");
        RuleFor(t => t.TotalSeconds)
            .Must((t, total) => total is null || !(total < t.FirstByteSeconds))
            .WithMessage("must not be below `firstByteSeconds`");
    }
}
