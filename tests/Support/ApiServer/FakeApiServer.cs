using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace Support.ApiServer;

/// <summary>
/// A Kubernetes API server on a real socket, in memory and small: objects with versions, lists in pages, watches with bookmarks,
/// server-side apply, status subresources, conflicts, namespaces. No schema, no defaults, no controllers, no RBAC. It goes wrong as it is
/// told to, and keeps what it was asked. A real server has the last word on what the API does: the client's tests run against one, too.
/// </summary>
/// <example>
/// <code>
/// await using var server = await FakeApiServer.StartAsync();
/// server.Create("secrets", "team", new JsonObject { ... });
/// server.Inject(new ApiFault.Answer(429, "TooManyRequests", TimeSpan.FromSeconds(1)), call => call.Verb == "patch", times: 2);
/// server.CutWatches();
/// </code>
/// </example>
public sealed class FakeApiServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ApiStore _store = new();
    private readonly ApiWrites _writes;
    private readonly ApiReads _reads;
    private readonly ConcurrentQueue<ApiCall> _calls = [];
    private readonly ConcurrentDictionary<CancellationTokenSource, bool> _watches = [];
    private readonly Lock _faultLock = new();
    private ImmutableList<(ApiFault Fault, Func<ApiCall, bool> Of, int Left)> _faults = [];
    private volatile bool _isDown;

    private FakeApiServer(Action<ListenOptions> listen)
    {
        (_writes, _reads) = (new(_store, () => Time.GetUtcNow()), new(_store));
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen);
        });

        // A flush returns when the socket has taken the bytes, so a reset after it cannot overtake them.
        builder.Services.Configure<SocketTransportOptions>(o => o.MaxWriteBufferSize = 1);
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Run(ServeAsync);
    }

    /// <summary>Where it listens.</summary>
    public Uri Url { get; private set; } = new("http://127.0.0.1");

    /// <summary>What it stamps objects with. Default: that of the machine.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>What it says at <c>/version</c>; null: nothing, 404.</summary>
    public JsonObject? Version { get; set; } = new() { ["major"] = "1", ["minor"] = "34", ["gitVersion"] = "v1.34.2" };

    /// <summary>
    /// Which <c>resourceAttributes</c> a SelfSubjectAccessReview is told are denied. Default: none. What is done is never denied.
    /// </summary>
    public Func<JsonNode, bool> Denies { get; set; } = _ => false;

    /// <summary>Calls without one of these bearer tokens are 401. Default: whoever calls is welcome.</summary>
    public ImmutableArray<string> Tokens { get; set; } = [];

    /// <summary>Whether each connection breaks as soon as it asks for something.</summary>
    public bool IsDown
    {
        get => _isDown;
        set
        {
            _isDown = value;
            if (value)
                CutWatches();
        }
    }

    /// <summary>Every call so far.</summary>
    public ImmutableArray<ApiCall> Calls => [.. _calls];

    /// <summary>How many watches are open now.</summary>
    public int OpenWatches => _watches.Count;

    /// <summary>Starts on a free port of 127.0.0.1, with the namespaces <c>default</c> and <c>kube-system</c>.</summary>
    public static async Task<FakeApiServer> StartAsync(Action<ListenOptions>? listen = null)
    {
        var server = new FakeApiServer(listen ?? (_ => { }));
        await server._app.StartAsync();
        var addresses = server._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        server.Url = new(addresses.Addresses.Single());
        server.CreateNamespace("default");
        server.CreateNamespace("kube-system");
        return server;
    }

    /// <summary>As a user would.</summary>
    public void CreateNamespace(string name) => Create("namespaces", "", new() { ["metadata"] = new JsonObject { ["name"] = name } });

    /// <summary>As a user would; the status too, if there is one.</summary>
    public JsonObject Create(string plural, string ns, JsonObject value)
    {
        var kind = Kind(plural);
        var created = _writes.Create(kind, ns, value, "test", dryRun: false);
        return kind.HasStatus && value["status"] is { } status
            ? Patch(plural, ns, (string)created["metadata"]!["name"]!, new() { ["status"] = status.DeepClone() }, "status")
            : created;
    }

    /// <summary>Changes an object by a merge patch, as a user would.</summary>
    public JsonObject Patch(string plural, string ns, string name, JsonObject patch, string subresource = "") =>
        _writes.Patch(Kind(plural), new(Kind(plural).ApiVersion, ns, plural, name, subresource), patch, "test", dryRun: false);

    /// <summary>As a user would.</summary>
    public void Delete(string plural, string ns, string name) =>
        _writes.Delete(Kind(plural), new(Kind(plural).ApiVersion, ns, plural, name, ""), options: null);

    /// <summary>Null where it is not there.</summary>
    public JsonObject? Find(string plural, string ns, string name) => _store.Find(Kind(plural), ns, name);

    /// <summary>All objects of a kind, in all namespaces where none is named.</summary>
    public List<JsonObject> List(string plural, string ns = "") => _store.List(Kind(plural), ns).Items;

    /// <summary>Deletes what all the owners of which are gone, as the controller manager would.</summary>
    public void CollectGarbage() => _writes.CollectGarbage();

    /// <summary>The next calls of this sort go wrong.</summary>
    public void Inject(ApiFault fault, Func<ApiCall, bool> of, int times = 1)
    {
        lock (_faultLock)
            _faults = _faults.Add((fault, of, times));
    }

    /// <summary>Nothing goes wrong from now on.</summary>
    public void Heal()
    {
        lock (_faultLock)
            _faults = [];
        IsDown = false;
    }

    /// <summary>Every open watch breaks.</summary>
    public void CutWatches()
    {
        foreach (var watch in _watches.Keys)
            watch.Cancel();
    }

    /// <summary>Every open watch gets a bookmark, if it wants them.</summary>
    public void SendBookmarks() => _reads.SendBookmarks();

    /// <summary>Versions from before are gone: their watches end by a 410 in the stream, their next pages by a 410.</summary>
    public void Compact() => _store.Compact();

    /// <summary>What there is now; give it to <see cref="Restore"/>.</summary>
    public object Save() => _store.Save();

    /// <summary>Goes back to what was saved, as a restored etcd does, versions included. Watches break.</summary>
    public void Restore(object saved)
    {
        _store.Restore((ApiStore.Backup)saved);
        CutWatches();
    }

    /// <summary>Breaks every connection and stops listening.</summary>
    public async ValueTask DisposeAsync()
    {
        IsDown = true;
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private static ApiKind Kind(string plural) => ApiKind.All.First(k => k.Plural == plural);

    private async Task ServeAsync(HttpContext http)
    {
        if (_isDown)
        {
            http.Abort();
            return;
        }

        try
        {
            if (!IsKnownCaller(http.Request))
                throw new ApiProblem(401, "Unauthorized", "Unauthorized");
            if (http.Request.Path == "/version" && Version is { } version)
                await WriteAsync(http, 200, version);
            else
                await RouteAsync(http);
        }
        catch (ApiProblem problem)
        {
            await WriteAsync(http, problem.Code, problem.ToStatus());
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or BadHttpRequestException)
        {
            http.Abort();
        }
    }

    private async Task RouteAsync(HttpContext http)
    {
        var path = ApiPath.Parse(http.Request.Path.Value ?? "");
        var kind = path is null ? null : ApiKind.All.FirstOrDefault(k => k.ApiVersion == path.ApiVersion && k.Plural == path.Plural);
        if (path is null || kind is null)
        {
            http.Response.StatusCode = 404;
            http.Response.ContentType = "text/plain";
            await http.Response.WriteAsync("404 page not found\n");
            return;
        }

        using var reader = new StreamReader(http.Request.Body);
        var call = ApiCall.Of(http.Request, path, await reader.ReadToEndAsync(http.RequestAborted));
        _calls.Enqueue(call);
        if (await HasFailedAsync(http, call))
            return;
        if (call.Verb == "watch")
            await WatchAsync(http, kind, path, call);
        else
            await WriteAsync(http, call.Verb == "create" ? 201 : 200, Answer(kind, path, call));
    }

    private JsonObject Answer(ApiKind kind, ApiPath path, ApiCall call)
    {
        var manager = call.Query.GetValueOrDefault("fieldManager") ?? call.UserAgent.Split('/')[0];
        var dryRun = call.Query.GetValueOrDefault("dryRun") == "All";
        return call.Verb switch
        {
            "get" => _reads.Get(kind, path, call.Accept),
            "list" => _reads.List(kind, path, call),
            "create" when path.Plural == "selfsubjectaccessreviews" => Reviewed(Body(call)),
            "create" => _writes.Create(kind, path.Namespace, Body(call), manager, dryRun),
            "update" => _writes.Replace(kind, path, Body(call), manager, dryRun),
            "delete" => Deleted(_writes.Delete(kind, path, call.Body.Length == 0 ? null : Body(call)), kind),
            "patch" when call.IsApply && !call.Query.ContainsKey("fieldManager") => throw ApiProblem.Bad("fieldManager is required"),
            "patch" when call.IsApply
                => ApiReads.Shown(_writes.Apply(kind, path, Body(call), manager, (call.Query.ContainsKey("force"), dryRun)), call.Accept),
            "patch" when call.ContentType.StartsWith("application/merge-patch+json", StringComparison.Ordinal)
                => _writes.Patch(kind, path, Body(call), manager, dryRun),
            "patch" => throw new ApiProblem(415, "UnsupportedMediaType", $"this server does not take {call.ContentType}"),
            _ => throw new ApiProblem(405, "MethodNotAllowed", $"{call.Verb} is not supported on {call.Resource}"),
        };
    }

    private async Task WatchAsync(HttpContext http, ApiKind kind, ApiPath path, ApiCall call)
    {
        var cut = new CancellationTokenSource();
        using var abort = cut.Token.Register(http.Abort);
        _watches[cut] = true;
        try
        {
            http.Response.ContentType = "application/json";
            await http.Response.StartAsync(http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
            await _reads.WatchAsync(kind, path, call, line => WriteLineAsync(http, line), http.RequestAborted);
        }
        finally
        {
            _watches.TryRemove(cut, out _);
        }
    }

    private static async Task WriteLineAsync(HttpContext http, JsonObject line)
    {
        await http.Response.WriteAsync(line.ToJsonString() + "\n", http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }

    /// <summary>Whether a fault has answered in the server's place.</summary>
    private async Task<bool> HasFailedAsync(HttpContext http, ApiCall call)
    {
        switch (NextFault(call))
        {
            case ApiFault.Answer answer:
                if (answer.RetryAfter is { } pause)
                    http.Response.Headers.RetryAfter = ((int)pause.TotalSeconds).ToString(CultureInfo.InvariantCulture);
                await WriteAsync(http, answer.Status, new ApiProblem(answer.Status, answer.Reason, "as injected").ToStatus());
                return true;
            case ApiFault.Body body:
                await http.Response.WriteAsync(body.Text);
                return true;
            case ApiFault.CutAfter cut:
                http.Response.Body = new CutStream(http.Response.Body, cut.Bytes, http.Abort);
                return false;
            case ApiFault.Hold hold:
                await hold.Until.WaitAsync(http.RequestAborted);
                return false;
            case ApiFault.Silence:
                await Task.Delay(Timeout.Infinite, http.RequestAborted);
                return true;
            case ApiFault.LostAnswer:
                http.Response.Body = new CutStream(http.Response.Body, 0, http.Abort);
                return false;
            default:
                return false;
        }
    }

    private ApiFault? NextFault(ApiCall call)
    {
        lock (_faultLock)
        {
            var found = _faults.FirstOrDefault(f => f.Of(call));
            if (found.Fault is null)
                return null;
            _faults = found.Left > 1 ? _faults.Replace(found, found with { Left = found.Left - 1 }) : _faults.Remove(found);
            return found.Fault;
        }
    }

    private bool IsKnownCaller(HttpRequest request) =>
        Tokens.IsEmpty || Tokens.Any(t => request.Headers.Authorization == $"Bearer {t}");

    private static JsonObject Body(ApiCall call) =>
        JsonNode.Parse(call.Body) as JsonObject ?? throw ApiProblem.Bad("the body is no object");

    private JsonObject Reviewed(JsonObject review)
    {
        review["status"] = new JsonObject { ["allowed"] = !Denies(review["spec"]!["resourceAttributes"]!) };
        return review;
    }

    private static JsonObject Deleted(JsonObject value, ApiKind kind) => value["metadata"]?["deletionTimestamp"] is not null
        ? value
        : new()
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Success",
            ["details"] = new JsonObject
            {
                ["name"] = (string)value["metadata"]!["name"]!, ["kind"] = kind.Plural, ["uid"] = (string)value["metadata"]!["uid"]!,
            },
        };

    private static Task WriteAsync(HttpContext http, int status, JsonObject body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(body.ToJsonString(), http.RequestAborted);
    }
}
