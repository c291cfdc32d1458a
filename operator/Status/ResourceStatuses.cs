using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;
using Operator.Translate;

namespace Operator.Status;

/// <summary>The resources of one gateway, each with its status. Pure: equal inputs give an equal result.</summary>
internal sealed record ResourceStatuses
{
    /// <summary>The gateway.</summary>
    public required LlmGateway Gateway { get; init; }

    /// <summary>In the order of the inputs, here and below.</summary>
    public required ImmutableArray<ModelRoute> Routes { get; init; }

    /// <summary>The keys.</summary>
    public required ImmutableArray<VirtualKey> Keys { get; init; }

    /// <summary>The budgets.</summary>
    public required ImmutableArray<Budget> Budgets { get; init; }

    /// <summary>What they were computed from.</summary>
    private Basis From { get; init; }

    /// <summary>Computes all of them. An object whose status says what it said before stays the instance that it is.</summary>
    /// <param name="inputs">All that they are made of.</param>
    /// <param name="last">
    /// What it came to the last time; null: never. Only spares work: of thousands of routes and keys few are looked at again.
    /// </param>
    public static ResourceStatuses Of(StatusInputs inputs, ResourceStatuses? last = null)
    {
        var of = inputs.Inputs;
        var verdicts = inputs.Translation.Verdicts;
        var (routesAt, keysAt, budgetsAt) = (1, 1 + of.Routes.Length, 1 + of.Routes.Length + of.Keys.Length);
        var spend = new SpendIndex(inputs.Config, inputs.Counters);
        var from = new Basis(inputs.Translation, inputs.Config, Programmed.OfConfig(inputs), inputs.Counters);
        var known = last is not null && last.From.Equals(from) ? last : null;
        return new()
        {
            Gateway = of.Gateway with { Status = GatewayStatus.Of(verdicts[0], inputs) },
            Routes = Each(of.Routes, known?.Routes ?? [], (r, i) => With(r, RouteStatus.Of(r, verdicts[routesAt + i], inputs))),
            Keys = Each(of.Keys, known?.Keys ?? [], (k, i) => With(k, KeyStatus.Of(k, verdicts[keysAt + i], spend, inputs))),
            Budgets = Each(of.Budgets, [], (b, i) => With(b, SpendStatus.Of(b, verdicts[budgetsAt + i], spend, inputs))),
            From = from,
        };
    }

    /// <summary>One that is still as it was left then has the status that it shall have.</summary>
    private static ImmutableArray<T> Each<T>(ImmutableArray<T> objects, ImmutableArray<T> known, Func<T, int, T> compute)
        where T : class
    {
        var result = ImmutableArray.CreateBuilder<T>(objects.Length);
        for (var i = 0; i < objects.Length; i++)
        {
            var isKnown = known.Length == objects.Length && ReferenceEquals(objects[i], known[i]);
            result.Add(isKnown ? objects[i] : compute(objects[i], i));
        }

        return result.MoveToImmutable();
    }

    private static ModelRoute With(ModelRoute of, ModelRouteStatus status) =>
        StatusEquality.Same(of.Status, status) ? of : of with { Status = status };

    private static VirtualKey With(VirtualKey of, VirtualKeyStatus status) =>
        StatusEquality.Same(of.Status, status) ? of : of with { Status = status };

    private static Budget With(Budget of, BudgetStatus status) =>
        StatusEquality.Same(of.Status, status) ? of : of with { Status = status };

    /// <summary>
    /// All that the status of a route or of a key hangs on, but the object itself. Not the clock: a translation tells when it has its
    /// say (<see cref="Translation.NextChange"/>), and is made anew then.
    /// </summary>
    private readonly record struct Basis(
        Translation Translation, ConfigSnapshot? Config, Judgement OfConfig, ImmutableArray<BudgetCounter> Counters)
    {
        public bool Equals(Basis other) =>
            ReferenceEquals(Translation, other.Translation)
            && ReferenceEquals(Config, other.Config)
            && OfConfig == other.OfConfig
            && Counters.AsSpan().SequenceEqual(other.Counters.AsSpan());

        public override int GetHashCode() => OfConfig.GetHashCode();
    }
}
