using FluentValidation;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Translate.Checks;

/// <summary>Rules of one target of a ModelRoute.</summary>
internal sealed class TargetCheck : AbstractValidator<ModelTarget>
{
    public TargetCheck(bool allowLoopback)
    {
        RuleFor(t => t)
            .Must(t => t.Provider != Provider.OpenAICompatible || t.BaseUrl is not null)
            .WithMessage(RuleMessages.BaseUrlRequired);
        RuleFor(t => t).Must(t => t.Provider != Provider.Simulated || t.BaseUrl is null).WithMessage(RuleMessages.BaseUrlOfSimulated);
        RuleFor(t => t)
            .Must(t => t.Provider != Provider.Simulated || t.Credentials is null)
            .WithMessage(RuleMessages.CredentialsOfSimulated);
        RuleFor(t => t).Must(t => t.Provider == Provider.Simulated || t.Simulated is null).WithMessage(RuleMessages.SimulatedOnly);
        RuleFor(t => t.BaseUrl!)
            .Custom((url, context) =>
            {
                foreach (var problem in UpstreamUrl.Problems(url, allowLoopback))
                    context.AddFailure(problem);
            })
            .When(t => t.BaseUrl is not null);
        RuleFor(t => t.Headers)
            .Custom((headers, context) =>
            {
                foreach (var problem in UpstreamHeaders.Problems(headers))
                    context.AddFailure(problem);
            });
        RuleFor(t => t.Timeouts!).SetValidator(new TimeoutsCheck());
        RuleFor(t => t.Simulated!)
            .Must(s => s.FaultRetryAfterSeconds is null || s.FaultStatus is not null).WithMessage(RuleMessages.RetryAfterWithoutFault)
            .Must(s => s.CutAfterChunks is null || s.ErrorAfterChunks is null).WithMessage(RuleMessages.CutOrError)
            .When(t => t.Simulated is not null);
    }
}
