using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Support.Cluster;

/// <summary>One pod from its binding to its end.</summary>
internal sealed class PodLife
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);

    private readonly Pod _pod;
    private readonly ClusterApi _api;
    private readonly KubeletOptions _options;
    private readonly Func<JsonObject?> _current;
    private readonly ImmutableDictionary<string, PodVolume> _volumes;
    private readonly PodProbe _probe;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly string _started = Now();
    private bool _isBound;
    private (bool IsRunning, bool IsReady, int Restarts)? _told;

    public PodLife(Pod pod, ClusterApi api, KubeletOptions options, Func<JsonObject?> current, Func<string, JsonObject?> secret)
    {
        (_pod, _api, _options, _current) = (pod, api, options, current);
        _volumes = ((JsonArray)pod.Value["spec"]!["volumes"]!).Select(v => (JsonObject)v!)
            .ToImmutableDictionary(v => (string)v["name"]!, v => new PodVolume(v, FolderOf(v), secret));
        _probe = new(pod);
    }

    /// <summary>Until the pod is gone; cancelled, its process is killed and the pod left as it is.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (_current() is { } pod)
            {
                if (pod["metadata"]!["deletionTimestamp"] is not null)
                {
                    await StopAsync(pod);
                    await UntilGoneAsync(cancellation);
                    return;
                }

                await TryAsync(LookAsync);
                await Task.Delay(s_look, cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // The tests are over.
        }
        finally
        {
            if (_pod.Process is { } process)
                await process.DisposeAsync();
            _probe.Dispose();
            if (Directory.Exists(_pod.Folder))
                Directory.Delete(_pod.Folder, recursive: true);
        }
    }

    private async Task LookAsync()
    {
        await BindAsync();
        var areThere = _volumes.Values.Aggregate(true, (all, v) => v.Sync(_clock.Elapsed, _options.SecretDelay) && all);
        if (_pod.Process is null && areThere)
            _pod.Start(_options.GatewayProgram, Environment());
        if (_pod.Process is { HasExited: true } ended)
            await StartAgainAsync(ended);
        _pod.IsReady = _pod.Process is not null && await _probe.IsReadyAsync(_clock.Elapsed);
        await TellAsync();
    }

    private async Task StartAgainAsync(PodProcess ended)
    {
        _pod.IsReady = false;
        await TryAsync(TellAsync);
        await Task.Delay(_options.RestartDelay);
        await ended.DisposeAsync();
        _pod.Restarts++;
        _probe.Forget();
        _pod.Start(_options.GatewayProgram, Environment());
    }

    /// <summary>As on a node; a pod without one is deleted without grace.</summary>
    private async Task BindAsync()
    {
        if (_isBound)
            return;
        if (_pod.Value["spec"]!["nodeName"] is null)
        {
            await _api.CreateAsync(_pod.Path + "/binding", new()
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Binding",
                ["metadata"] = new JsonObject { ["name"] = _pod.Name },
                ["target"] = new JsonObject { ["kind"] = "Node", ["name"] = "node" },
            });
        }

        _isBound = true;
    }

    private async Task StopAsync(JsonObject pod)
    {
        var grace = TimeSpan.FromSeconds((int?)pod["metadata"]!["deletionGracePeriodSeconds"] ?? 30);
        var stopping = _pod.Process?.StopAsync(grace < _options.MaxGrace ? grace : _options.MaxGrace) ?? Task.CompletedTask;
        while (!stopping.IsCompleted && _current() is not null)
        {
            await TryAsync(async () =>
            {
                foreach (var volume in _volumes.Values)
                    volume.Sync(_clock.Elapsed, _options.SecretDelay);
                _pod.IsReady = await _probe.IsReadyAsync(_clock.Elapsed);
                await TellAsync();
            });
            await Task.WhenAny(stopping, Task.Delay(s_look));
        }

        if (_current() is null && _pod.Process is { } lost)
            await lost.KillAsync();
        await stopping;
    }

    private async Task UntilGoneAsync(CancellationToken cancellation)
    {
        var options = new JsonObject { ["gracePeriodSeconds"] = 0, ["preconditions"] = new JsonObject { ["uid"] = _pod.Uid } };
        while (_current() is not null)
        {
            await TryAsync(() => _api.DeleteAsync(_pod.Path, options, cancellation));
            await Task.Delay(s_look, cancellation);
        }
    }

    private async Task TellAsync()
    {
        var now = (_pod.Process is { HasExited: false }, _pod.IsReady, _pod.Restarts);
        if (_told == now || (_told is null && !now.Item1))
            return;
        await _api.PatchAsync(_pod.Path + "/status", new JsonObject { ["status"] = Status(now.Item1, now.IsReady) });
        _told = now;
    }

    private JsonObject Status(bool isRunning, bool isReady) => new()
    {
        ["phase"] = "Running",
        ["startTime"] = _started,
        ["hostIP"] = "127.0.0.1",
        ["podIP"] = _pod.Address.ToString(),
        ["podIPs"] = new JsonArray(new JsonObject { ["ip"] = _pod.Address.ToString() }),
        ["conditions"] = new JsonArray(
            Condition("PodScheduled", true), Condition("Initialized", true), Condition("ContainersReady", isReady), Condition("Ready", isReady)),
        ["containerStatuses"] = new JsonArray(new JsonObject
        {
            ["name"] = "gateway",
            ["image"] = _pod.Container["image"]!.DeepClone(),
            ["imageID"] = "",
            ["ready"] = isReady,
            ["started"] = isRunning,
            ["restartCount"] = _pod.Restarts,
            ["state"] = isRunning
                ? new JsonObject { ["running"] = new JsonObject { ["startedAt"] = Now() } }
                : new JsonObject { ["waiting"] = new JsonObject { ["reason"] = "CrashLoopBackOff" } },
        }),
    };

    private static JsonObject Condition(string type, bool isTrue) => new()
    {
        ["type"] = type,
        ["status"] = isTrue ? "True" : "False",
        ["lastTransitionTime"] = Now(),
    };

    /// <summary>The container's variables, with paths below its mounts as they are here.</summary>
    private Dictionary<string, string> Environment()
    {
        var environment = (_pod.Container["env"] as JsonArray ?? []).ToDictionary(v => (string)v!["name"]!, v => ValueOf(v!), StringComparer.Ordinal);
        environment["GATEWAY_DATA_ADDRESS"] = $"{_pod.Address}:4000";
        environment["GATEWAY_ADMIN_ADDRESS"] = $"{_pod.Address}:4001";
        environment["GATEWAY_METRICS_ADDRESS"] = $"{_pod.Address}:4002";
        foreach (var (name, value) in _options.Environment)
            environment[name] = value;
        return environment;
    }

    private string ValueOf(JsonNode variable) => (string?)variable["valueFrom"]?["fieldRef"]?["fieldPath"] switch
    {
        "metadata.name" => _pod.Name,
        "metadata.namespace" => _pod.Namespace,
        "metadata.uid" => _pod.Uid,
        "status.podIP" => _pod.Address.ToString(),
        _ => Localize((string?)variable["value"] ?? ""),
    };

    private string Localize(string value)
    {
        foreach (var mount in (JsonArray)_pod.Container["volumeMounts"]!)
        {
            var path = (string)mount!["mountPath"]!;
            if (value == path || value.StartsWith(path + "/", StringComparison.Ordinal))
                return _volumes[(string)mount["name"]!].Folder + value[path.Length..];
        }

        return value;
    }

    /// <summary>A claim outlives its pods.</summary>
    private string FolderOf(JsonObject volume) => (string?)volume["persistentVolumeClaim"]?["claimName"] is { } claim
        ? Path.Combine(_pod.Claims, _pod.Namespace, claim)
        : Path.Combine(_pod.Folder, (string)volume["name"]!);

    /// <summary>What an API server refuses, or does not answer, is tried again at the next look.</summary>
    private static async Task TryAsync(Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (HttpRequestException)
        {
            // See the summary.
        }
    }

    private static string Now() => TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
