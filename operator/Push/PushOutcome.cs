using System.Collections.Immutable;
using Gateway.Contract;

namespace Operator.Push;

/// <summary>What became of one push. A closed set: each case has its own consequence.</summary>
internal abstract record PushOutcome
{
    /// <summary>True where the gateway has judged the config: the same push would get the same answer.</summary>
    public virtual bool IsVerdict => true;

    /// <summary>True where it says nothing of the config, only that this pod is not one for it.</summary>
    public virtual bool IsOfThePod => false;

    /// <summary>200: the gateway serves this config.</summary>
    public sealed record Acknowledged(long Revision, string Hash) : PushOutcome;

    /// <summary>
    /// 409: the gateway holds a higher revision, or the same one with another hash. The next push needs a revision above this one.
    /// </summary>
    public sealed record Older(long Revision, string Hash) : PushOutcome;

    /// <summary>409: it serves another LlmGateway, and will for its life.</summary>
    public sealed record OtherGateway(string Uid) : PushOutcome
    {
        public override bool IsOfThePod => true;
    }

    /// <summary>422: the pod of this name found faults, and keeps what it has.</summary>
    public sealed record Rejected(string Pod, ImmutableArray<ConfigError> Errors) : PushOutcome;

    /// <summary>415: it does not speak this schema.</summary>
    public sealed record UnknownSchema(string Message) : PushOutcome
    {
        public override bool IsOfThePod => true;
    }

    /// <summary>400, 413 or a reply that makes no sense: one of the two sides has a bug, or the pod lies. Others may take the config.</summary>
    public sealed record Malformed(string Message) : PushOutcome
    {
        public override bool IsOfThePod => true;
    }

    /// <summary>401 or 403 with every token.</summary>
    public sealed record Unauthorized : PushOutcome
    {
        public override bool IsVerdict => false;
    }

    /// <summary>No connection, a foreign certificate, a time-out, or 5xx.</summary>
    public sealed record Unreachable(string Reason) : PushOutcome
    {
        public override bool IsVerdict => false;
    }
}
