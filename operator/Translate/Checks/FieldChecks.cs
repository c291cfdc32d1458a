using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using FluentValidation;
using Operator.Api;
using Operator.Api.Schema;
using Operator.Children;

namespace Operator.Translate.Checks;

/// <summary>
/// What is wrong with an object by itself, whatever else there is: the rules that an API server evaluates (CEL), and those that CEL
/// cannot say. Pure.
/// </summary>
internal static class FieldChecks
{
    private static readonly GatewayCheck s_gateway = new();
    private static readonly RouteCheck s_route = new(allowLoopback: false);
    private static readonly RouteCheck s_routeWithLoopback = new(allowLoopback: true);
    private static readonly KeyCheck s_key = new();
    private static readonly BudgetCheck s_budget = new();

    // Objects never change, and of thousands one is new: each instance is checked once, and forgotten with the instance.
    private static readonly ConditionalWeakTable<KubernetesObject, Checked> s_known = [];
    private static readonly ConditionalWeakTable<KubernetesObject, Checked> s_knownWithLoopback = [];

    /// <summary>Every problem at once; empty when the object is good, or of a kind that has no rules.</summary>
    /// <param name="resource">An LlmGateway, ModelRoute, VirtualKey or Budget.</param>
    /// <param name="allowLoopback">Standalone: a target may be on the same machine.</param>
    public static ImmutableArray<FieldProblem> Check(KubernetesObject resource, bool allowLoopback) => allowLoopback
        ? s_knownWithLoopback.GetValue(resource, r => new(Run(r, allowLoopback: true))).Problems
        : s_known.GetValue(resource, r => new(Run(r, allowLoopback: false))).Problems;

    private static ImmutableArray<FieldProblem> Run(KubernetesObject resource, bool allowLoopback) => resource switch
    {
        LlmGateway gateway => [.. Run(s_gateway, gateway), .. PodOverlayCheck.Problems(gateway.Spec.PodTemplate)],
        ModelRoute route => Run(allowLoopback ? s_routeWithLoopback : s_route, route),
        VirtualKey key => Run(s_key, key),
        Budget budget => Run(s_budget, budget),
        _ => [],
    };

    private static ImmutableArray<FieldProblem> Run<T>(AbstractValidator<T> validator, T resource) =>
    [
        .. validator.Validate(resource).Errors
            .Select(e => new FieldProblem(FieldPath.Of(typeof(T), e.PropertyName), e.ErrorMessage))
            .Distinct(),
    ];

    private sealed record Checked(ImmutableArray<FieldProblem> Problems);
}
