using Gateway.Server.Auth;
using Gateway.Server.Config;
using Gateway.Server.Errors;
using Gateway.Server.Flow;
using Gateway.Server.Hosting;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Endpoints;

/// <summary>The public port: finds the endpoint, and is the one boundary at which an unexpected exception becomes an answer.</summary>
internal sealed partial class DataPort(
    RequestFlow flow,
    Catalogue catalogue,
    SpendEndpoints spend,
    HealthEndpoints health,
    ModelHolder models,
    GatewayMetrics metrics,
    TimeProvider time,
    ILogger<DataPort> logger)
{
    public async Task HandleAsync(HttpContext context)
    {
        context.TraceIdentifier = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
        var endpoint = EndpointTable.Find(context.Request.Path.Value ?? "");
        var dialect = DialectOf(context.Request, endpoint);
        try
        {
            if (endpoint.Kind == EndpointKind.Operation && HttpMethods.IsPost(context.Request.Method))
                await flow.RunAsync(context, endpoint.Operation, endpoint.Model);
            else if (health.TryHandle(context, out var answer))
                await answer;
            else
                await ReadAsync(context, endpoint, dialect);
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            LogClientClosed(context.TraceIdentifier);
        }
        catch (Exception e)
        {
            LogUnexpected(e, context.TraceIdentifier, context.Request.Method, endpoint.Kind);
            metrics.Refused(ErrorKind.Internal);
            if (context.Response.HasStarted)
                context.Abort();
            else
                await ErrorWriter.WriteAsync(
                    context, dialect, new(ErrorKind.Internal, $"The gateway failed. Its log tells more under {context.TraceIdentifier}."));
        }
    }

    /// <summary>Endpoints that only read.</summary>
    private async Task ReadAsync(HttpContext context, Endpoint endpoint, Dialect dialect)
    {
        AnswerHeaders.Identify(context, dialect);
        if (Refuse(context, endpoint) is { } error)
        {
            metrics.Refused(error.Kind);
            await ErrorWriter.WriteAsync(context, dialect, error);
            return;
        }

        // What clients ask to see whether anybody is there.
        if (endpoint.Kind == EndpointKind.Root)
            return;
        var model = models.Current;
        var auth = model is null
            ? new AuthOutcome(null, new(ErrorKind.NotReady, "The gateway has no config yet.") { RetryAfter = TimeSpan.FromSeconds(1) })
            : Authenticator.Authenticate(context.Request, model, time.GetUtcNow());
        var failure = auth.Error ?? endpoint.Kind switch
        {
            EndpointKind.SpendReport => await spend.AnswerAsync(context, isReport: true, auth.Caller!.Id),
            EndpointKind.SpendLogs => await spend.AnswerAsync(context, isReport: false, auth.Caller!.Id),
            _ => await catalogue.AnswerAsync(context, endpoint, dialect, model!, auth.Caller!),
        };
        if (failure is null)
            return;
        metrics.Refused(failure.Kind);
        await ErrorWriter.WriteAsync(context, dialect, failure);
    }

    private static GatewayError? Refuse(HttpContext context, Endpoint endpoint)
    {
        var method = context.Request.Method;
        if (endpoint.Kind == EndpointKind.Unknown)
            return new(ErrorKind.NotFound, "There is nothing at this path.");
        if (endpoint.Kind == EndpointKind.Operation)
            return new(ErrorKind.MethodNotAllowed, "Use POST.") { Headers = [new("Allow", "POST")] };
        return HttpMethods.IsGet(method) || HttpMethods.IsHead(method)
            ? null
            : new(ErrorKind.MethodNotAllowed, "Use GET.") { Headers = [new("Allow", "GET, HEAD")] };
    }

    /// <summary>On paths that both APIs have, an <c>anthropic-version</c> header tells which one the client speaks.</summary>
    private static Dialect DialectOf(HttpRequest request, Endpoint endpoint)
    {
        if (endpoint.Kind == EndpointKind.Operation)
            return endpoint.Operation.Dialect();
        return request.Headers.ContainsKey("anthropic-version") ? Dialect.Anthropic : Dialect.OpenAI;
    }

    [LoggerMessage(2000, LogLevel.Debug, "The client of {CallId} closed the connection")]
    private partial void LogClientClosed(string callId);

    [LoggerMessage(2001, LogLevel.Error, "{Method} {Endpoint} failed in {CallId}")]
    private partial void LogUnexpected(Exception exception, string callId, string method, EndpointKind endpoint);
}
