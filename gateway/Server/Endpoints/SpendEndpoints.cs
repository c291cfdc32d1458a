using Gateway.Server.Budget;
using Gateway.Server.Errors;

namespace Gateway.Server.Endpoints;

/// <summary><c>GET /spend/report</c> and <c>GET /spend/logs</c>: for all keys on the admin port, for one's own on the data port.</summary>
internal sealed class SpendEndpoints(ISpendReports reports, TimeProvider time)
{
    private const string Json = "application/json";

    /// <param name="context">The request.</param>
    /// <param name="isReport">Else the logs.</param>
    /// <param name="owner">Id of the key whose spend alone may be seen; null: that of all.</param>
    /// <returns>Null when it has answered.</returns>
    public async Task<GatewayError?> AnswerAsync(HttpContext context, bool isReport, string? owner)
    {
        var (parameters, error) = SpendParameters.Read(context.Request.Query, isReport, owner, time.GetUtcNow());
        if (parameters is null)
            return error;
        return isReport ? await ReportAsync(context, parameters) : await LogsAsync(context, parameters);
    }

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
