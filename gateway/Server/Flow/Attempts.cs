using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Endpoints;
using Gateway.Server.Errors;
using Gateway.Server.Hosting;
using Gateway.Server.Providers;
using Gateway.Server.Routing;
using Gateway.Server.Streaming;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Flow;

/// <summary>
/// Steps 5 and 6: tries the candidates of a call until one has begun to answer, then brings the answer to the client. Up to the commit
/// point nothing has been sent and every failure can be mended; after it there is one answer, whole or visibly broken off.
/// </summary>
internal sealed class Attempts(
    UpstreamSender sender,
    ISpendStore spend,
    Settling settling,
    TargetStates targets,
    GatewayMetrics metrics,
    Drain drain,
    TimeProvider time,
    Func<double> random)
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(250);

    /// <summary>A client does not wait longer for us than it would wait by itself.</summary>
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(5);

    /// <returns>What the client is to be told when there is no answer; null when something was sent.</returns>
    public async Task<GatewayError?> RunAsync(Call call)
    {
        AttemptFailure? failure = null;
        foreach (var group in call.Plan!.Groups)
        {
            if (failure is not null)
                call.Fallbacks++;
            var ofGroup = await TryGroupAsync(call, group);
            if (ofGroup is null)
                return null;

            // What was asked for failed first; how its fallbacks failed would only confuse.
            failure ??= ofGroup;
            if (ofGroup.IsClientClosed || ofGroup.Answer is not null || ofGroup.Reason is null)
                return await EndAsync(call, ofGroup);
        }

        return await EndAsync(call, failure!);
    }

    /// <returns>The last failure; null when a candidate answered.</returns>
    private async Task<AttemptFailure?> TryGroupAsync(Call call, CandidateGroup group)
    {
        var retry = group.Route.Retry;
        var waiting = new Queue<Candidate>(group.Candidates);
        AttemptFailure? failure = null;
        for (var attempt = 0; attempt <= retry.Attempts && waiting.TryDequeue(out var candidate); attempt++)
        {
            if (attempt >= group.Candidates.Length && !await PauseAsync(call, attempt - group.Candidates.Length, failure!))
                return failure;
            failure = await TryAsync(call, group, candidate);
            if (failure?.Reason is not { } reason || !retry.On.Contains(reason))
                return failure;
            if (failure.IsPassing)
                waiting.Enqueue(candidate);
        }

        return failure;
    }

    /// <returns>Null when the candidate answered.</returns>
    private async Task<AttemptFailure?> TryAsync(Call call, CandidateGroup group, Candidate candidate)
    {
        var target = candidate.Target;
        call.Group = group;
        call.Target = target;
        call.Price = candidate.Price;
        call.Attempts++;
        if (call.Fields!.ForeignRouting is { } field && target.Provider == Provider.OpenAICompatible)
        {
            var message = $"The field `{field}` would let the provider choose another model and is not allowed.";
            return new() { Error = new(ErrorKind.InvalidRequest, message) { Param = field } };
        }

        var state = targets.Of(target);
        state.Started();
        try
        {
            var failure = await ExchangeAsync(call, candidate, state);
            if (failure is { IsTargets: true } && state.Failed(time.GetUtcNow(), failure.CoolsAtOnce, failure.RetryAfter))
                metrics.TargetCooledDown(target);
            return failure;
        }
        finally
        {
            state.Ended();
        }
    }

    private async Task<AttemptFailure?> ExchangeAsync(Call call, Candidate candidate, TargetState state)
    {
        var target = candidate.Target;
        var providerCall = ProviderCallOf(call);
        var outlivesClient = !call.Fields!.Stream && candidate.Price is not null;
        using var deadline = new CallDeadline(
            time,
            time.GetUtcNow() + target.Timeouts.Total - call.Elapsed,
            outlivesClient ? CancellationToken.None : call.Context.RequestAborted,
            drain.Cut);

        var tap = candidate.Dialect.Tap(providerCall, target);
        var sent = time.GetTimestamp();
        var outcome = await sender.SendAsync(
            candidate.Dialect.Translate(providerCall, target), call.Body.Memory, target, call.Context.Request.Headers, deadline);
        if (outcome.Failure is { } unanswered)
        {
            call.Waited += time.GetElapsedTime(sent);

            // The provider works on a prompt that it has, whether or not the client waits for the answer: the prompt is charged.
            if (unanswered is { IsClientClosed: true, WasSent: true })
                call.Tap = tap;
            return unanswered;
        }

        using var response = outcome.Response!;
        var isStream = IsStream(response, call.Fields);
        using var relay = new AnswerRelay(
            await UpstreamBody.OpenAsync(response, deadline.Token),
            tap,
            deadline,
            time,
            new(target.Timeouts.Idle, isStream, outlivesClient));
        var held = await relay.HoldAsync();
        var waited = time.GetElapsedTime(sent);
        call.Waited += waited;
        if (held is not (RelayState.Committed or RelayState.Complete))
        {
            var failure = AttemptFailure.BeforeContent(held, tap.Fault, deadline.Cause, target);

            // The upstream has begun to work, and bills it: a call that is given up here is charged like one that is left later.
            if (failure.Reason is null && tap.Fault is null)
                call.Tap = tap;
            else if (tap.Usage is { } usage && candidate.Price is { } price)
                call.Lost = LostCost.Add(call.Lost, price.Cost(usage), price.Currency);
            return failure;
        }

        // The commit point: from here on this is the answer.
        call.Tap = tap;
        call.FirstToken = waited;
        call.Body.Dispose();
        state.Succeeded(waited);
        await RelayAsync(call, response, relay, held, deadline, isStream);
        return null;
    }

    private async Task RelayAsync(
        Call call, HttpResponseMessage response, AnswerRelay relay, RelayState held, CallDeadline deadline, bool isStream)
    {
        var context = call.Context;
        AnswerHeaders.Answer(call, response);
        if (isStream)
        {
            context.Response.Headers.CacheControl = "no-cache";
            context.Response.Headers["X-Accel-Buffering"] = "no";
        }
        else if (held == RelayState.Complete)
        {
            // Only here: an answer that may still turn out to be cut must be able to look cut.
            context.Response.ContentLength = relay.Held;
            AnswerHeaders.Cost(context, Charge.Of(call), call.Plan!.HasOneCurrency ? spend.SpentBy(call.Caller!.Id) : null);
        }

        var end = await relay.CopyAsync(context.Response.BodyWriter, () => Accrue(call), () => CompleteAsync(call));
        call.Status = StatusOf(end, deadline.Cause);
        if (call.Status == CallStatus.Completed || call.Status == CallStatus.ClientClosed)
            return;
        var error = AttemptFailure.AfterContent(end, call.Tap!.Fault, deadline.Cause, call.Target!);
        call.Error = error.Kind;
        if (isStream)
            await context.Response.BodyWriter.WriteAsync(ErrorWriter.StreamEvent(call.Operation, error, call.Id), CancellationToken.None);
        else
            context.Abort();
    }

    private async ValueTask CompleteAsync(Call call)
    {
        // Nobody is there to get the rest: the call ends as one that was left.
        if (call.Context.RequestAborted.IsCancellationRequested)
            return;
        call.Status = CallStatus.Completed;
        await settling.SettleAsync(call);
    }

    /// <summary>Tells the ledger how far the answer has come, in case nobody is left to settle it.</summary>
    private void Accrue(Call call)
    {
        if (!call.Fields!.Stream)
            return;
        var usage = Charge.Estimate(call, call.Tap!);
        var cost = Charge.CostOf(call, usage, call.Plan!.Currency);
        spend.Accrue(call.Reservation!, cost, usage.Total);
    }

    private static async Task<GatewayError?> EndAsync(Call call, AttemptFailure failure)
    {
        if (failure.IsClientClosed)
        {
            call.Status = CallStatus.ClientClosed;
            return null;
        }

        if (failure.Headers is not null)
            ResponseHeaders.Copy(failure.Headers, call.Context.Response.Headers);
        if (failure.Answer is not { IsJson: true } answer)
            return failure.Answer is { } other ? failure.Error with { Status = other.Status } : failure.Error;
        var response = call.Context.Response;
        AnswerHeaders.Tried(call);
        response.StatusCode = answer.Status;
        response.ContentType = "application/json";
        response.ContentLength = answer.Body.Length;
        await response.Body.WriteAsync(answer.Body, call.Context.RequestAborted);
        return null;
    }

    /// <returns>False when the upstream wants more patience than a client has.</returns>
    private async Task<bool> PauseAsync(Call call, int round, AttemptFailure failure)
    {
        if (failure.RetryAfter > s_longestPause)
            return false;
        var pause = failure.RetryAfter ?? s_firstPause * Math.Pow(2, Math.Min(round, 8)) * (0.5 + random());
        var before = time.GetTimestamp();
        try
        {
            await Task.Delay(pause < s_longestPause ? pause : s_longestPause, time, call.Context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            call.Status = CallStatus.ClientClosed;
            return false;
        }

        call.Waited += time.GetElapsedTime(before);
        return true;
    }

    /// <summary>What was asked for as a stream is one under whatever type it comes, unless it says that it is a whole answer.</summary>
    private static bool IsStream(HttpResponseMessage response, RequestFields fields) =>
        response.Content.Headers.ContentType?.MediaType is { } type
            ? type.Equals("text/event-stream", StringComparison.OrdinalIgnoreCase)
                || (fields.Stream && !type.EndsWith("json", StringComparison.OrdinalIgnoreCase))
            : fields.Stream;

    private static ProviderCall ProviderCallOf(Call call) => new()
    {
        Operation = call.Operation,
        Model = call.Group!.Model,
        Fields = call.Fields!,
        AnthropicVersion = call.Context.Request.Headers["anthropic-version"].ToString() is { Length: > 0 } version ? version : null,
        Query = string.Equals(call.Context.Request.Query["beta"], "true", StringComparison.Ordinal) ? "?beta=true" : "",
    };

    private static CallStatus StatusOf(RelayState end, EndCause cause) => end switch
    {
        RelayState.Complete => CallStatus.Completed,
        RelayState.ClientClosed => CallStatus.ClientClosed,
        RelayState.Ended when cause == EndCause.ClientClosed => CallStatus.ClientClosed,
        _ => CallStatus.Cut,
    };
}
