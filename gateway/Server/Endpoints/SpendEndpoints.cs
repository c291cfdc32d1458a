using System.Collections.Concurrent;
using Gateway.Server.Budget;
using Gateway.Server.Errors;

namespace Gateway.Server.Endpoints;

/// <summary><c>GET /spend/report</c> and <c>GET /spend/logs</c>: for all keys on the admin port, for one's own on the data port.</summary>
/// <remarks>
/// Few reports are made at a time. Keys have one place for all of them together, and each at most one report that waits for it: none can
/// keep the others, or those on the admin port, from theirs.
/// </remarks>
internal sealed class SpendEndpoints(ISpendReports reports, TimeProvider time) : IDisposable
{
    private const string Json = "application/json";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, bool> _asking = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _ofKeys = new(1, 1);

    /// <param name="context">The request.</param>
    /// <param name="isReport">Else the logs.</param>
    /// <param name="owner">Id of the key whose spend alone may be seen; null: that of all.</param>
    /// <returns>Null when it has answered.</returns>
    public async Task<GatewayError?> AnswerAsync(HttpContext context, bool isReport, string? owner)
    {
        var (parameters, error) = SpendParameters.Read(context.Request.Query, isReport, owner, time.GetUtcNow());
        if (parameters is null)
            return error;
        if (owner is null)
            return await AnswerAsync(context, isReport, parameters);
        if (!_asking.TryAdd(owner, true))
            return Explain(ReportFailure.Busy);
        try
        {
            return await InTurnAsync(context, isReport, parameters);
        }
        finally
        {
            _asking.TryRemove(owner, out _);
        }
    }

    public void Dispose() => _ofKeys.Dispose();

    private async Task<GatewayError?> InTurnAsync(HttpContext context, bool isReport, SpendParameters parameters)
    {
        if (!await _ofKeys.WaitAsync(s_patience, context.RequestAborted))
            return Explain(ReportFailure.Busy);
        try
        {
            return await AnswerAsync(context, isReport, parameters);
        }
        finally
        {
            _ofKeys.Release();
        }
    }

    private Task<GatewayError?> AnswerAsync(HttpContext context, bool isReport, SpendParameters parameters) =>
        isReport ? ReportAsync(context, parameters) : LogsAsync(context, parameters);

    private async Task<GatewayError?> ReportAsync(HttpContext context, SpendParameters parameters)
    {
        var query = new SpendReportQuery { Filter = parameters.Filter, GroupBy = parameters.GroupBy };
        var outcome = await reports.SumAsync(query, context.RequestAborted);
        if (outcome.Value is not { } report)
            return Explain(outcome.Failure!.Value);
        if (parameters.IsCsv)
            await WriteAsync(context, "text/csv; charset=utf-8", SpendCsv.Report(parameters, report));
        else
            await WriteAsync(context, Json, SpendJson.Report(parameters, report));
        return null;
    }

    private async Task<GatewayError?> LogsAsync(HttpContext context, SpendParameters parameters)
    {
        var query = new LedgerQuery { Filter = parameters.Filter, Limit = parameters.Limit, Cursor = parameters.Cursor };
        var outcome = await reports.ListAsync(query, context.RequestAborted);
        if (outcome.Value is not { } page)
            return Explain(outcome.Failure!.Value);
        await WriteAsync(context, Json, SpendJson.Page(page));
        return null;
    }

    private static GatewayError Explain(ReportFailure failure) => failure switch
    {
        ReportFailure.TooManyGroups => new(
            ErrorKind.InvalidRequest, $"The report has more than {SpendReportQuery.MostGroups} lines. Ask for less time, or fewer groups."),
        ReportFailure.BadCursor => new(ErrorKind.InvalidRequest, "`cursor` is none that a page has given.") { Param = "cursor" },
        ReportFailure.TooLong => new(ErrorKind.ReportUnavailable, "The report would take too long. Ask for less time."),
        ReportFailure.Busy => new(ErrorKind.ReportUnavailable, "Other reports are being made. Try again in a moment.")
        {
            RetryAfter = TimeSpan.FromSeconds(2),
        },
        ReportFailure.Unavailable => new(ErrorKind.ReportUnavailable, "The ledger cannot be read at the moment."),
        _ => throw new ArgumentOutOfRangeException(nameof(failure), failure, "is not explained"),
    };

    private static async Task WriteAsync(HttpContext context, string type, byte[] body)
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
