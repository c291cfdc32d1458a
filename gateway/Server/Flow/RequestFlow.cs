using System.Collections.Immutable;
using Gateway.Server.Auth;
using Gateway.Server.Budget;
using Gateway.Server.Config;
using Gateway.Server.Endpoints;
using Gateway.Server.Errors;
using Gateway.Server.Metering;
using Gateway.Server.Routing;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Flow;

/// <summary>The request line, from a key to a metered answer. Everything that a call meets, it meets here, in this order.</summary>
/// <remarks>
/// <list type="number">
/// <item>authenticate: headers → the key's model, by one look-up in memory</item>
/// <item>parse: the body, read whole → the fields that we use; the rest is never touched</item>
/// <item>plan: model and key → candidates in order</item>
/// <item>reserve: the dearest of them, under the key's limits and every budget, all or none</item>
/// <item>provider: candidates one after the other, until one has begun to answer</item>
/// <item>relay: its bytes, as they come</item>
/// <item>meter and settle, in <c>finally</c>: what was used is charged, whoever broke off</item>
/// </list>
/// </remarks>
internal sealed class RequestFlow(FlowParts parts)
{
    // Some milliseconds of work, beside which another thread's waking is nothing.
    private const int LongBody = 256 * 1024;

    public async Task RunAsync(HttpContext context, Operation operation, string? pathModel)
    {
        using var call = new Call(context, operation, new(parts.BodyMemory), parts.Time);
        AnswerHeaders.Identify(context, call.Dialect);
        parts.Metrics.CallStarted(operation);
        parts.Drain.Enter();
        try
        {
            if (await ServeAsync(call, pathModel) is { } error)
                await RefuseAsync(call, error);
        }
        finally
        {
            try
            {
                // :: Step 7: meter and settle
                await SettleAsync(call);
            }
            finally
            {
                parts.Drain.Leave();
            }
        }
    }

    /// <returns>Why nothing of an answer was sent; null when an answer, or an upstream's own error, was.</returns>
    private async Task<GatewayError?> ServeAsync(Call call, string? pathModel)
    {
        var context = call.Context;
        if (parts.Models.Current is not { } model)
            return new(ErrorKind.NotReady, "The gateway has no config yet.") { RetryAfter = TimeSpan.FromSeconds(1) };

        // :: Step 1: authenticate
        var auth = Authenticator.Authenticate(context.Request, model, parts.Time.GetUtcNow());
        (call.Caller, call.Gateway) = (auth.Caller, model.Id);
        if (auth.Error is not null)
            return auth.Error;

        // :: Step 2: parse
        if (await BodyReader.ReadAsync(context, call.Body, model.Settings.MaxBodyBytes) is { } unread)
            return unread;
        await LeaveSocketAsync(call);
        var scan = RequestScanner.Scan(call.Operation, call.Body.Memory.Span);
        if (scan.Error is not null)
            return scan.Error;
        call.Fields = scan.Fields!;
        if ((pathModel ?? call.Fields.Model) is not { } name)
            return new(ErrorKind.InvalidRequest, "The field `model` is required.") { Param = "model" };
        call.Model = name;

        // :: Step 3: plan
        call.Plan = CallPlan.Make(model, call.Caller!, call.Operation, name, Order);
        if (call.Plan.Error is not null)
            return call.Plan.Error;

        // :: Step 4: reserve
        call.Ceiling = Ceiling(call, model);
        var reserved = await parts.Spend.ReserveAsync(Request(call, model), context.RequestAborted);
        if (reserved.Refusal is not null)
            return Refusals.Explain(reserved.Refusal, call.Caller!, call.Dialect, parts.Time.GetUtcNow());
        call.Reservation = reserved.Reservation!;
        AnswerHeaders.Limits(call, parts.Time.GetUtcNow());
        await LeaveSocketAsync(call);

        // :: Steps 5 and 6: provider, relay
        return await parts.Attempts.RunAsync(call);
    }

    /// <summary>A long body is long at work, and a socket's thread has other calls to serve.</summary>
    private static async ValueTask LeaveSocketAsync(Call call)
    {
        if (call.Body.Length > LongBody)
            await Task.Yield();
    }

    private static async Task RefuseAsync(Call call, GatewayError error)
    {
        call.Error = error.Kind;
        if (call.Attempts > 0)
            AnswerHeaders.Tried(call);
        await ErrorWriter.WriteAsync(call.Context, call.Dialect, error);
    }

    private async ValueTask SettleAsync(Call call)
    {
        var charge = await parts.Settling.SettleAsync(call);
        if (call.Status == CallStatus.ClientClosed)
            parts.Metrics.ClientDisconnected();
        parts.Metrics.CallEnded(Record(call, charge));
    }

    private ImmutableArray<TargetModel> Order(RouteModel route) =>
        Planner.Order(route.Targets, t => parts.Targets.Of(t).Read(), route.Strategy, parts.Time.GetUtcNow(), parts.Random);

    private static CallCeiling Ceiling(Call call, GatewayModel model)
    {
        if (call.Operation == Operation.CountTokens)
            return default;
        var fields = call.Fields!;
        var shape = new CallShape
        {
            PromptTokens = UsageEstimate.PromptTokens(fields.TextBytes, fields.Images),
            OutputLimit = call.Operation == Operation.Embeddings ? 0 : fields.MaxOutputTokens,
            Choices = fields.Count * fields.PromptCount,
            ServiceTier = fields.ServiceTier,
            WritesCache = fields.WritesCache,
            AssumedOutputTokens = model.Settings.AssumedOutputTokens,
        };
        var plan = call.Plan!;
        PriceModel?[] prices =
        [
            .. plan.Groups.SelectMany(g => g.Candidates)
                .Select(c => string.Equals(c.Price?.Currency, plan.Currency, StringComparison.Ordinal) ? c.Price : null),
        ];
        return UsageEstimate.Ceiling(shape, prices);
    }

    private static ReserveRequest Request(Call call, GatewayModel model)
    {
        var caller = call.Caller!;
        return new()
        {
            CallId = call.Id,
            KeyId = caller.Id,
            Limits = caller.Limits,
            Budgets = call.Plan!.Budgets,
            Cost = call.Ceiling.Cost,
            Tokens = call.Ceiling.Tokens,
            PromptCost = call.Ceiling.PromptCost,
            PromptTokens = call.Ceiling.PromptTokens,
            FailureMode = model.Settings.BudgetStoreFailureMode,
            Facts = call.Facts(),
        };
    }

    private static CallRecord Record(Call call, Charge charge) => new()
    {
        Operation = call.Operation,
        Route = call.Plan?.Route,
        Served = call.Group?.Route,
        Target = call.Target,
        Key = call.Caller,
        StatusCode = call.Status == CallStatus.ClientClosed ? StatusCodes.Status499ClientClosedRequest : call.Context.Response.StatusCode,
        Error = call.Error,
        Stream = call.Fields?.Stream ?? false,
        Duration = call.Elapsed,
        Upstream = call.Attempts > 0 ? call.Waited : null,
        FirstToken = call.FirstToken,
        Overhead = call.Elapsed - call.Waited,
        Usage = call.Tap is null ? null : charge.Usage,
        Cost = charge.Cost,
        Currency = charge.Currency,
        Reserved = call.Reservation is null ? null : call.Ceiling.Cost,
        Unpriced = charge.IsUnpriced,
        Attempts = call.Attempts,
        Fallbacks = call.Fallbacks,
    };
}
