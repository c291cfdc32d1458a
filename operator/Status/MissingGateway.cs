using Operator.Api;
using Operator.Translate;

namespace Operator.Status;

/// <summary>The status of resources that name an LlmGateway which is not there.</summary>
internal static class MissingGateway
{
    /// <summary>
    /// <c>kubectl apply -f FOLDER</c> goes by the alphabet, so that resources come a moment before the gateway that they name.
    /// </summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(3);

    /// <summary>From when on a resource may be told; not later than now: at once.</summary>
    /// <param name="resource">As the API server has it.</param>
    /// <param name="now">By the clock here. Where the API server's is ahead of it, nobody waits.</param>
    public static DateTimeOffset TellFrom(KubernetesObject resource, DateTimeOffset now) =>
        resource.Metadata.CreationTimestamp is { } created && created <= now ? created + s_grace : now;

    /// <summary>Each of them, told so. What is known of spend stays.</summary>
    /// <param name="inputs">The resources; the gateway is a stand-in that has only the name.</param>
    public static ResourceStatuses Of(TranslateInputs inputs)
    {
        var missing = new Judgement(
            ConditionStatus.False,
            ConditionReasons.GatewayNotFound,
            $"there is no LlmGateway `{inputs.Gateway.Metadata.Name}` in namespace `{inputs.Gateway.Metadata.Namespace}`");
        var unknown = new Judgement(ConditionStatus.Unknown, ConditionReasons.GatewayNotFound, "is not looked at without a gateway");
        IEnumerable<KubernetesObject> all = [inputs.Gateway, .. inputs.Routes, .. inputs.Keys, .. inputs.Budgets];
        return ResourceStatuses.Of(new()
        {
            Inputs = inputs,
            Translation = new()
            {
                Config = null,
                Findings = [],
                LastValid = LastValidVersions.Empty,
                Verdicts =
                [
                    .. all.Select(o => new Verdict
                    {
                        Object = o.Reference(),
                        Accepted = missing,
                        ResolvedRefs = unknown,
                        Priced = o is ModelRoute ? unknown : null,
                        IsPaused = o.IsPaused(),
                    }),
                ],
            },
            Durable = new(ConditionStatus.Unknown, ConditionReasons.GatewayNotFound, "nobody counts"),
            Now = inputs.Now,
        });
    }
}
