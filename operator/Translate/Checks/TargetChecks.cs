using FluentValidation;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Translate.Checks;

internal sealed class TargetChecks : AbstractValidator<ModelTarget>
{
    public TargetChecks()
    {
        RuleFor(t => t.BaseUrl)
            .NotNull()
            .When(t => t.Provider == Provider.OpenAICompatible)
            .WithMessage("is required with provider `OpenAICompatible`");
        RuleFor(t => t.BaseUrl)
            .Null()
            .When(t => t.Provider == Provider.Simulated)
            .WithMessage("may not be specified when `provider` is `Simulated`");
        RuleFor(t => t.Credentials)
            .Null()
            .When(t => t.Provider == Provider.Simulated)
            .WithMessage("may not be specified when `provider` is `Simulated`");
        RuleFor(t => t.Simulated)
            .Null()
            .When(t => t.Provider != Provider.Simulated)
            .WithMessage("may only be specified when `provider` is `Simulated`");
        RuleFor(t => t.Simulated)
            .Must(s => s!.FaultRetryAfterSeconds is null || s.FaultStatus is not null)
            .When(t => t.Simulated is not null)
            .WithMessage("must have `faultStatus` where it has `faultRetryAfterSeconds`");
        RuleFor(t => t.BaseUrl).Custom(CheckBaseUrl);
        RuleFor(t => t.Headers).Custom(CheckHeaders);
    }

    private static void CheckBaseUrl(string? text, ValidationContext<ModelTarget> context)
    {
        if (text is not null && BaseUrls.Problem(text, context.Checks().AllowLoopbackUpstreams) is { } problem)
            context.AddFailure(problem);
    }

    private static void CheckHeaders(IReadOnlyDictionary<string, string> headers, ValidationContext<ModelTarget> context)
    {
        foreach (var name in headers.Keys.Where(ForbiddenHeaders.Contains))
            context.AddFailure($"must not set `{name}`: it is the gateway's to set, or gives power over the connection or the cloud account");
    }
}
