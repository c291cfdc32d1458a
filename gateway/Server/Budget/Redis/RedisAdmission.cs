namespace Gateway.Server.Budget.Redis;

/// <summary>
/// Says why the script refused, from the numbers that it judged by: the order of <see cref="Embedded.Admission"/>. Pure.
/// </summary>
internal static class RedisAdmission
{
    // ["NO", now, requests, tokens, parallel, settled, live, settled, live, …]
    private const int FirstCounter = 5;

    public static ReserveRefusal Refusal(ReserveRequest request, ReserveCall call, RedisReply reply)
    {
        var now = StoreClock.At(reply.Now);
        return (ReserveRefusal?)Exceeded(call, reply) ?? (ReserveRefusal?)RateLimited(request, call, reply, now) ?? Reserved(call, reply);
    }

    private static ReserveRefusal.BudgetExceeded? Exceeded(ReserveCall call, RedisReply reply)
    {
        ReserveRefusal.BudgetExceeded? worst = null;
        for (var i = 0; i < call.Lines.Length; i++)
        {
            var line = call.Lines[i];
            var settled = reply.Number(FirstCounter + (2 * i));
            if (!line.Blocks || line.Reserved == 0 || settled + line.Reserved <= line.Budget.Limit)
                continue;
            var reset = line.Span.Period.End;
            if (worst is null || (reset ?? DateTimeOffset.MaxValue) > (worst.ResetTime ?? DateTimeOffset.MaxValue))
                worst = new(line.Budget, settled, reset) { Requested = line.Reserved };
        }

        return worst;
    }

    private static ReserveRefusal.RateLimited? RateLimited(ReserveRequest request, ReserveCall call, RedisReply reply, DateTimeOffset now)
    {
        var limits = request.Limits;
        var (requests, tokens, parallel) = (reply.Number(2), reply.Number(3), reply.Number(4));
        if (limits.RequestsPerMinute is { } maxRequests && requests >= maxRequests)
            return new("requests", new(maxRequests, 0, MinuteEnd(now))) { Requested = 1 };
        if (limits.TokensPerMinute is { } maxTokens && call.Tokens > maxTokens - tokens)
            return new("tokens", new(maxTokens, Math.Max(maxTokens - tokens, 0), MinuteEnd(now))) { Requested = request.Tokens };

        // When a live call will end is not known: a second is what clients are told elsewhere too.
        if (limits.MaxParallelRequests is { } maxParallel && parallel >= maxParallel)
            return new("concurrent_requests", new(maxParallel, 0, now.AddSeconds(1))) { Requested = 1 };
        return null;
    }

    private static ReserveRefusal.BudgetReserved Reserved(ReserveCall call, RedisReply reply)
    {
        for (var i = 0; i < call.Lines.Length; i++)
        {
            var line = call.Lines[i];
            var (settled, live) = (reply.Number(FirstCounter + (2 * i)), reply.Number(FirstCounter + 1 + (2 * i)));
            if (line.Blocks && line.Reserved > 0 && settled + live + line.Reserved > line.Budget.Limit)
                return new(line.Budget, settled, live);
        }

        throw new InvalidOperationException("the script refused a call that fits");
    }

    /// <summary>Where a minute limit stands after the call.</summary>
    public static LimitState? After(long? limit, long used, DateTimeOffset now) =>
        limit is { } max ? new(max, Math.Max(max - used, 0), MinuteEnd(now)) : null;

    private static DateTimeOffset MinuteEnd(DateTimeOffset now) =>
        DateTimeOffset.FromUnixTimeSeconds(((now.ToUnixTimeSeconds() / 60) + 1) * 60);
}
