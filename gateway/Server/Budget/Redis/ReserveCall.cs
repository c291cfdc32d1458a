using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Gateway.Server.Config;
using Gateway.Server.Metering;
using Gateway.Server.Stores;

namespace Gateway.Server.Budget.Redis;

/// <summary>A request in the words of the scripts: amounts that are exact there, and for each budget the counter that it is judged by.</summary>
internal sealed class ReserveCall
{
    private const int FixedArguments = 14;
    private const int ArgumentsOfALine = 9;

    /// <summary>The largest amount: all sums that scripts judge by stay exact.</summary>
    private static readonly long s_max = Money.Max.Nanos;

    public ReserveCall(ReserveRequest request, string lease, long number)
    {
        Request = request;
        Lease = lease;
        Cost = Bound(request.Cost.Nanos);
        Tokens = Bound(request.Tokens);
        PromptCost = Math.Clamp(request.PromptCost.Nanos, 0, Cost);
        PromptTokens = Math.Clamp(request.PromptTokens, 0, Tokens);
        Draft = new() { Number = number, CallId = request.CallId, Key = request.KeyId, Facts = LedgerText.Bound(request.Facts) };
        DraftJson = Draft.ToJson();
    }

    public ReserveRequest Request { get; }

    public string Lease { get; }

    public long Cost { get; }

    public long Tokens { get; }

    public long PromptCost { get; }

    public long PromptTokens { get; }

    public RowDraft Draft { get; }

    public byte[] DraftJson { get; }

    /// <summary>In the order of the request's budgets.</summary>
    public ImmutableArray<Line> Lines { get; private set; } = [];

    public static long Bound(long amount) => Math.Clamp(amount, 0, s_max);

    /// <summary>Judged by the definitions that are in force, in the periods of that instant.</summary>
    public void Aim(Func<BudgetModel, CounterKind> inForce, DateTimeOffset now)
    {
        var lines = ImmutableArray.CreateBuilder<Line>(Request.Budgets.Length);
        foreach (var budget in Request.Budgets)
        {
            var kind = inForce(budget);
            lines.Add(new(budget, kind, kind.At(now), kind.Amount(Cost, Tokens)));
        }

        Lines = lines.MoveToImmutable();
    }

    public RespArgument[] Arguments(string epoch, string session, long deadline, long lease)
    {
        var arguments = new RespArgument[FixedArguments + (Lines.Length * ArgumentsOfALine)];
        var limits = Request.Limits;
        Put(
            0,
            [
                epoch, deadline, Lease, Request.KeyId, lease, Cost, Tokens, PromptCost, PromptTokens, Limit(limits.RequestsPerMinute),
                Limit(limits.TokensPerMinute), Limit(limits.MaxParallelRequests), DraftJson, session,
            ]);
        for (var i = 0; i < Lines.Length; i++)
        {
            var line = Lines[i];
            Put(
                FixedArguments + (ArgumentsOfALine * i),
                [
                    line.Budget.Id, line.Kind.Definition, line.Span.Start, line.Span.End, line.Span.Expires,
                    line.Kind.Field(Request.KeyId), line.Kind.UnitText, line.Blocks ? line.Budget.Limit : "", line.Reserved,
                ]);
        }

        return arguments;

        void Put(int at, ReadOnlySpan<RespArgument> next) => next.CopyTo(arguments.AsSpan(at));
    }

    public RedisReservation Admitted(DateTimeOffset startedAt, LimitState? requests, LimitState? tokens) => new()
    {
        Lease = Lease,
        Draft = Draft,
        DraftJson = DraftJson,
        CallId = Request.CallId,
        StartedAt = startedAt,
        Requests = requests,
        Tokens = tokens,
        ReservedCost = Cost,
        ReservedTokens = Tokens,
        PromptCost = PromptCost,
        PromptTokens = PromptTokens,
        Budgets = Request.Budgets,
        Holds = Holds(),
    };

    private static RespArgument Limit(long? limit) => limit is { } max ? max : "";

    private string Holds()
    {
        var text = new StringBuilder();
        foreach (var line in Lines)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"{line.Budget.Id}\t{line.Kind.Definition}\t{line.Span.Start}\t{line.Span.Expires}\t{line.Kind.Field(Request.KeyId)}\t");
            text.Append(CultureInfo.InvariantCulture, $"{line.Kind.UnitText}\t{line.Reserved}\t0\n");
        }

        return text.ToString();
    }

    /// <summary>One budget of the call.</summary>
    internal readonly record struct Line(BudgetModel Budget, CounterKind Kind, CounterKind.Span Span, long Reserved)
    {
        /// <summary>A limit in another unit than the counter's says nothing of it.</summary>
        public bool Blocks => Budget.Blocks && Budget.CountsTokens == (Kind.Unit == ChargeUnit.Tokens);
    }
}
