using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using Gateway.Metrics;
using Gateway.Server.Config;
using Gateway.Server.Errors;

namespace Gateway.Server.Telemetry;

/// <summary>
/// Every number of the gateway: names, units and buckets stand here, callers use verbs. What a call costs is one look-up and some
/// interlocked additions.
/// </summary>
/// <remarks>
/// <para>
/// Names are stable. <c>gen_ai.*</c> follow the OpenTelemetry GenAI conventions 1.41
/// (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/) and are recorded once, for the hop from the gateway to the
/// provider. There is no convention for gateways, so the rest is <c>llm_gateway.*</c>. In Prometheus dots become underscores, with the unit
/// and <c>_total</c> behind.
/// </para>
/// <para>
/// Labels are bounded by the config: <c>model</c> is the public name of the route that was asked for (<c>unknown</c> where none was found,
/// never what a caller wrote), <c>target</c> is <c>namespace/route/target</c> of whoever answered, also for a fallback;
/// <c>gen_ai.request.model</c> is the model of that hop. <c>key</c> is <c>namespace/name</c>. Series of routes and keys that are no
/// longer in the config are dropped.
/// </para>
/// </remarks>
internal sealed class GatewayMetrics : IDisposable
{
    private readonly ConcurrentDictionary<CallKey, CallSeries> _calls = new();
    private readonly ConcurrentDictionary<string, KeySeries> _keys = new(StringComparer.Ordinal);
    private readonly CallFamilies _families;
    private readonly KeyFamilies? _keyFamilies;
    private readonly ImmutableArray<Series> _refusals;
    private readonly ImmutableArray<Series> _inFlight;
    private readonly ScalarFamily _cooldowns;
    private readonly Series _disconnects;
    private readonly ScalarFamily _pushes;
    private readonly Series _revision;
    private readonly Series _lastPush;

    /// <param name="byKey">Whether requests, tokens and cost are also counted by key.</param>
    public GatewayMetrics(bool byKey = false)
    {
        _families = new(Registry);
        _keyFamilies = byKey ? new(Registry) : null;
        var refusals = Registry.Counter(
            "llm_gateway.refusals", MetricUnit.One, "Answers that were errors of the gateway itself, by reason.", "reason");
        _refusals = [.. Enum.GetValues<ErrorKind>().Select(k => refusals.With(Reason(k)))];
        var inFlight = Registry.Gauge("llm_gateway.in_flight", MetricUnit.One, "Calls that are being served.", "operation");
        _inFlight = [.. Enum.GetValues<Operation>().Select(o => inFlight.With(Label(o)))];
        _cooldowns = Registry.Counter(
            "llm_gateway.target.cooldowns", MetricUnit.One, "How often a target began to cool down after failures.", "target");
        _disconnects = Registry.Counter(
            "llm_gateway.client_disconnects", MetricUnit.One, "Calls whose client went away before the end of the answer.").With();
        _pushes = Registry.Counter(
            "llm_gateway.config.pushes", MetricUnit.One, "Config snapshots received, by what became of them.", "result");
        _revision = Registry
            .Gauge("llm_gateway.config.revision", MetricUnit.One, "Revision of the config that is served; 0 without one.")
            .With();
        _lastPush = Registry.Gauge(
            "llm_gateway.config.last_success_timestamp",
            MetricUnit.Seconds,
            "Unix time at which the config that is served went live; 0 without one.").With();
    }

    /// <summary>Where others add what they keep themselves.</summary>
    public MetricRegistry Registry { get; } = new("llm_gateway");

    /// <summary>A request has reached its operation. Every one of these is followed by <see cref="CallEnded"/>.</summary>
    public void CallStarted(Operation operation) => _inFlight[(int)operation].Increment();

    /// <summary>It is over, however it ended: answered, refused, failed, cut or left by the client.</summary>
    public void CallEnded(in CallRecord call)
    {
        _inFlight[(int)call.Operation].Decrement();
        if (call.Error is { } error)
            Refused(error);
        var key = new CallKey(
            call.Operation,
            call.Route?.Model ?? Unknown,
            call.Served?.Model ?? Unknown,
            call.Target?.Id ?? "",
            call.Target?.Provider,
            call.StatusCode,
            call.Error,
            call.Currency ?? "");
        if (!_calls.TryGetValue(key, out var series))
            series = _calls.GetOrAdd(key, static (k, f) => new(f, k), _families);
        series.Count(call);
        if (_keyFamilies is not null && call.Key is { } caller)
            _keys.GetOrAdd(caller.Id, static (k, f) => new(f, k), _keyFamilies).Count(call);
    }

    /// <summary>
    /// The gateway said no outside an operation (an unknown path, a model list without a key). <see cref="CallEnded"/> counts its own.
    /// </summary>
    public void Refused(ErrorKind reason) => _refusals[(int)reason].Increment();

    public void ClientDisconnected() => _disconnects.Increment();

    public void TargetCooledDown(TargetModel target) => _cooldowns.With(target.Id).Increment();

    /// <summary>A snapshot was received; <paramref name="result"/> is one of a few words.</summary>
    public void ConfigPushed(string result) => _pushes.With(result).Increment();

    /// <summary>Another model is live. Series of what it no longer has are dropped.</summary>
    public void ConfigApplied(GatewayModel model)
    {
        _revision.Set(model.Revision);
        _lastPush.Set((model.AppliedTime - DateTimeOffset.UnixEpoch).Ticks);
        Prune(model);
    }

    public void Dispose() => Registry.Dispose();

    /// <summary>The word for an operation, as <c>gen_ai.operation.name</c> has it where there is one.</summary>
    internal static string Label(Operation operation) => JsonNamingPolicy.SnakeCaseLower.ConvertName(operation.ToString());

    internal static string Reason(ErrorKind kind) => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());

    private const string Unknown = "unknown";

    private void Prune(GatewayModel model)
    {
        var models = model.Routes.Select(r => r.Model).Append(Unknown).ToHashSet(StringComparer.Ordinal);
        var targets = model.Routes.SelectMany(r => r.Targets).Select(t => t.Id).Append("").ToHashSet(StringComparer.Ordinal);
        foreach (var key in _calls.Keys)
        {
            if (!models.Contains(key.Model) || !models.Contains(key.ServedModel) || !targets.Contains(key.Target))
                _calls.TryRemove(key, out _);
        }

        var callers = model.Keys.Select(k => k.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var key in _keys.Keys)
        {
            if (!callers.Contains(key))
                _keys.TryRemove(key, out _);
        }

        Registry.Prune("model", models.Contains);
        Registry.Prune("gen_ai.request.model", models.Contains);
        Registry.Prune("target", targets.Contains);
        Registry.Prune("key", callers.Contains);
    }
}
