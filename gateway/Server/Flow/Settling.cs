using Gateway.Server.Budget;
using Gateway.Server.Errors;

namespace Gateway.Server.Flow;

/// <summary>Charges calls.</summary>
internal sealed class Settling(ISpendStore spend)
{
    /// <summary>
    /// Charges the call what it has cost by now, once. A whole answer is charged before its last byte is sent, so that what a client has
    /// got is counted even if the process dies in the next moment; every other call when it has ended.
    /// </summary>
    public async ValueTask<Charge> SettleAsync(Call call)
    {
        if (call.Settled is { } settled)
            return settled;
        var charge = Charge.Of(call);
        call.Settled = charge;
        if (call.Reservation is not null)
            await spend.SettleAsync(call.Reservation, Settlement(call, charge));
        else if (call is { Caller: not null, Error: not null })
            spend.Refused(Refused(call, charge));
        return charge;
    }

    private static RefusedCall Refused(Call call, Charge charge) => new()
    {
        CallId = call.Id,
        KeyId = call.Caller!.Id,
        Facts = call.Facts(),
        Settlement = Settlement(call, charge) with { Status = CallStatus.Refused },
    };

    private static Settlement Settlement(Call call, Charge charge)
    {
        var answered = call.Tap is not null;
        return new()
        {
            Status = call.Status,
            Cost = charge.Cost,
            Usage = charge.Usage,
            Unpriced = charge.IsUnpriced,
            PriceVersion = call.Price?.Version,
            Currency = charge.Currency,
            ServedModel = answered ? call.Group!.LedgerModel : null,
            ServedRoute = answered ? call.Group!.Route.Id : null,
            Target = call.Target?.Name,
            Provider = call.Target?.Provider.ToString(),
            UpstreamModel = call.Target?.UpstreamModelFor(call.Group!.Model),
            Attempts = call.Attempts,
            HttpStatus = call.Context.Response.StatusCode,
            Error = call.Error is { } error ? ErrorTable.Row(error).Code : null,
            Latency = call.Elapsed,
            FirstToken = call.FirstToken,
        };
    }
}
