using System.Globalization;
using Gateway.Contract;
using Gateway.Metrics;
using Gateway.Server.Errors;

namespace Gateway.Server.Telemetry;

/// <summary>What the series of a call depend on: texts, not models, because a new config brings new models of the same routes.</summary>
internal readonly record struct CallKey(
    Operation Operation,
    string Model,
    string ServedModel,
    string Target,
    Provider? Provider,
    int StatusCode,
    ErrorKind? Error,
    string Currency);

/// <summary>Every series that calls of one kind count on, looked up once.</summary>
internal sealed class CallSeries
{
    private readonly Series _requests;
    private readonly HistogramSeries _duration;
    private readonly HistogramSeries _overhead;
    private readonly Series _retries;
    private readonly Series _fallbacks;
    private readonly UpstreamSeries? _upstream;

    public CallSeries(CallFamilies families, CallKey key)
    {
        var operation = GatewayMetrics.Label(key.Operation);
        _requests = families.Requests.With(operation, key.Model, key.Target, key.StatusCode.ToString(CultureInfo.InvariantCulture));
        _duration = families.Duration.With(operation, key.Model);
        _overhead = families.Overhead.With(operation);
        _retries = families.Retries.With(key.Model);
        _fallbacks = families.Fallbacks.With(key.Model);
        _upstream = key.Provider is { } provider ? new(families, key, provider) : null;
    }

    public void Count(in CallRecord call)
    {
        _requests.Increment();
        _duration.Record(call.Duration);
        if (call.Overhead is { } overhead)
            _overhead.Record(overhead);
        _retries.Add(Math.Max(0, call.Attempts - 1));
        _fallbacks.Add(call.Fallbacks);
        _upstream?.Count(call);
    }
}
