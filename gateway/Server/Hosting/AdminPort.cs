using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Config;
using Gateway.Server.Endpoints;
using Gateway.Server.Errors;
using Gateway.Server.Stores;

namespace Gateway.Server.Hosting;

/// <summary>
/// <c>PUT /config</c>, <c>GET /config/status</c>, <c>GET /spend/report</c>, <c>GET /spend/logs</c> and <c>GET /key/info</c>, for who has a
/// token. Replies to a push are those of <see cref="PushResult"/>, besides 401, 404, 405, 413 for a snapshot above
/// <see cref="MaxSnapshotBytes"/> and 415 for an encoding other than gzip.
/// </summary>
internal sealed class AdminPort(
    ConfigReceiver receiver,
    ModelHolder models,
    ISpendStore store,
    SpendEndpoints spend,
    Catalogue catalogue,
    StoreWatches stores,
    Readiness readiness,
    BearerTokens tokens)
{
    /// <summary>Of the snapshot as JSON.</summary>
    public const int MaxSnapshotBytes = DurableIndex.MaxUnzippedBytes;

    public Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        if (!tokens.Accept(request.Headers.Authorization))
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return RefuseAsync(context, StatusCodes.Status401Unauthorized, "a token of the admin port is required");
        }

        return (request.Path.Value, request.Method) switch
        {
            ("/config", "PUT") => PutConfigAsync(context),
            ("/config/status", "GET") => ReplyAsync(context, StatusCodes.Status200OK, Status(), ContractJson.Default.ConfigStatus),
            ("/spend/report", "GET") => AnswerSpendAsync(context, isReport: true),
            ("/spend/logs", "GET") => AnswerSpendAsync(context, isReport: false),
            ("/key/info", "GET") => AnswerKeyAsync(context),
            ("/config" or "/config/status" or "/spend/report" or "/spend/logs" or "/key/info", _) =>
                RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "no such method here"),
            _ => RefuseAsync(
                context,
                StatusCodes.Status404NotFound,
                "there is nothing here but /config, /config/status, /spend/report, /spend/logs and /key/info"),
        };
    }

    private async Task AnswerSpendAsync(HttpContext context, bool isReport)
    {
        if (await spend.AnswerAsync(context, isReport, owner: null) is { } error)
            await ErrorWriter.WriteAsync(context, Dialect.OpenAI, error);
    }

    /// <summary><c>key</c> is the <c>namespace/name</c> of the VirtualKey.</summary>
    private async Task AnswerKeyAsync(HttpContext context)
    {
        var id = context.Request.Query["key"].ToString();
        var model = models.Current;
        var error = model?.Keys.FirstOrDefault(k => k.Id == id) is { } key
            ? await catalogue.AnswerAsync(context, new(EndpointKind.KeyInfo), Dialect.OpenAI, model, key)
            : new(ErrorKind.NotFound, "`key` must be the namespace/name of a key of this gateway.") { Param = "key" };
        if (error is not null)
            await ErrorWriter.WriteAsync(context, Dialect.OpenAI, error);
    }

    private async Task PutConfigAsync(HttpContext context)
    {
        var encoding = context.Request.Headers.ContentEncoding.ToString();
        if (encoding is not ("" or "identity" or "gzip"))
        {
            await RefuseAsync(context, StatusCodes.Status415UnsupportedMediaType, "content-encoding may be gzip or none");
            return;
        }

        using var json = new MemoryStream();
        try
        {
            if (!await ReadBodyAsync(context.Request, encoding == "gzip", json, context.RequestAborted))
            {
                await RefuseAsync(context, StatusCodes.Status413PayloadTooLarge, $"a snapshot may have {MaxSnapshotBytes} bytes");
                return;
            }
        }
        catch (InvalidDataException)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "the body is no gzip");
            return;
        }

        var (result, reply) = await receiver.ReceiveAsync(json.GetBuffer().AsMemory(0, (int)json.Length), context.RequestAborted);
        if (result == PushResult.Accepted)
            readiness.Pushed();
        await ReplyAsync(context, StatusOf(result), reply, ContractJson.Default.PushReply);
    }

    /// <summary>False above the limit, however small it came packed.</summary>
    private static async Task<bool> ReadBodyAsync(HttpRequest request, bool gzip, MemoryStream json, CancellationToken cancellationToken)
    {
        await using var body = gzip ? new GZipStream(request.Body, CompressionMode.Decompress, leaveOpen: true) : request.Body;
        json.Capacity = (int)Math.Clamp(request.ContentLength ?? 0, 0, MaxSnapshotBytes);
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await body.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (json.Length + read > MaxSnapshotBytes)
                return false;
            json.Write(buffer, 0, read);
        }

        return true;
    }

    private ConfigStatus Status()
    {
        var model = models.Current;
        return new()
        {
            SchemaVersions = [ConfigSnapshot.CurrentSchemaVersion],
            Uid = model?.Uid ?? "",
            Revision = model?.Revision ?? 0,
            Hash = model?.Hash ?? "",
            AppliedTime = model?.AppliedTime,
            Ready = readiness.State == ReadyState.Ready,
            Tier = store.Tier,
            Budgets = model is null ? [] : store.Read(model.Budgets),
            UnreadBudgets = model is null ? [] : [.. model.Budgets.Where(b => !store.HasRead(b)).Select(b => b.Id)],
            Stores = stores.Read(),
            LostRecords = store.Health.LostRecords,
        };
    }

    private static int StatusOf(PushResult result) => result switch
    {
        PushResult.Accepted => StatusCodes.Status200OK,
        PushResult.Conflict => StatusCodes.Status409Conflict,
        PushResult.Invalid => StatusCodes.Status422UnprocessableEntity,
        PushResult.UnknownSchema => StatusCodes.Status415UnsupportedMediaType,
        _ => StatusCodes.Status400BadRequest,
    };

    private static Task RefuseAsync(HttpContext context, int status, string message) =>
        ReplyAsync(context, status, new() { Errors = [new() { Message = message }] }, ContractJson.Default.PushReply);

    private static async Task ReplyAsync<T>(HttpContext context, int status, T body, JsonTypeInfo<T> type)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(body, type);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        await context.Response.Body.WriteAsync(json, context.RequestAborted);
    }
}
