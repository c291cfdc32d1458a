using System.Collections.Immutable;
using Gateway.Server.Config;
using Gateway.Server.Metering;
using Gateway.Server.Providers;

namespace Gateway.Server.Flow;

/// <summary>A target that may answer, how, and at what price; null: not known.</summary>
internal sealed record Candidate(TargetModel Target, IProviderDialect Dialect, PriceModel? Price);

/// <summary>A model and its candidates, in the order in which they are tried.</summary>
internal sealed record CandidateGroup
{
    public required RouteModel Route { get; init; }

    /// <summary>The public name under which this route was asked: the caller's, or that of a fallback.</summary>
    public required string Model { get; init; }

    public required ImmutableArray<Candidate> Candidates { get; init; }

    /// <summary>The name by which budgets and the ledger know the model: an alias counts as what it stands for.</summary>
    public string LedgerModel => Route.IsExact ? Route.Model : Model;
}
