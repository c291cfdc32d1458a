using Gateway.Contract;
using Gateway.Metrics;
using Gateway.Server.Metering;

namespace Gateway.Server.Telemetry;

/// <summary>The part of <see cref="CallSeries"/> that there is only where a target was tried.</summary>
internal sealed class UpstreamSeries
{
    private readonly HistogramSeries _duration;
    private readonly HistogramSeries _firstToken;
    private readonly HistogramSeries _inputUsage;
    private readonly HistogramSeries _outputUsage;
    private readonly Series _input;
    private readonly Series _cacheRead;
    private readonly Series _cacheWrite;
    private readonly Series _audioInput;
    private readonly Series _output;
    private readonly Series _reasoning;
    private readonly Series _audioOutput;
    private readonly Series _unpriced;
    private readonly Series _estimated;
    private readonly Series? _cost;
    private readonly Series? _excess;

    public UpstreamSeries(CallFamilies families, CallKey key, Provider provider)
    {
        var operation = ConventionalName(key.Operation);
        var name = ConventionalName(provider);
        var (model, served, target) = (key.Model, key.ServedModel, key.Target);
        _duration = families.Upstream.With(operation, name, served, key.Error is { } error ? GatewayMetrics.Reason(error) : "");
        _firstToken = families.FirstToken.With(operation, name, served);
        _inputUsage = families.TokenUsage.With(operation, name, served, "input");
        _outputUsage = families.TokenUsage.With(operation, name, served, "output");
        _input = families.Tokens.With(model, target, "input");
        _cacheRead = families.Tokens.With(model, target, "cache_read");
        _cacheWrite = families.Tokens.With(model, target, "cache_write");
        _audioInput = families.Tokens.With(model, target, "audio_input");
        _output = families.Tokens.With(model, target, "output");
        _reasoning = families.Tokens.With(model, target, "reasoning");
        _audioOutput = families.Tokens.With(model, target, "audio_output");
        _unpriced = families.Unpriced.With(model, target);
        _estimated = families.Estimated.With(model, target);
        if (key.Currency.Length == 0)
            return;
        _cost = families.Cost.With(model, target, key.Currency);
        _excess = families.ReservationExcess.With(key.Currency);
    }

    public void Count(in CallRecord call)
    {
        if (call.Upstream is { } duration)
            _duration.Record(duration);
        if (call.Stream && call.FirstToken is { } firstToken)
            _firstToken.Record(firstToken);
        if (call.Unpriced)
            _unpriced.Increment();
        _cost?.Add(call.Cost.Nanos);
        if (call.Reserved is { } reserved && call.Cost > reserved)
            _excess?.Add((call.Cost - reserved).Nanos);
        if (call.Usage is { } usage)
            Count(usage);
    }

    private void Count(TokenUsage usage)
    {
        _input.Add(usage.InputUncached ?? 0);
        _cacheRead.Add(usage.CacheRead ?? 0);
        _cacheWrite.Add((usage.CacheWrite5m ?? 0) + (usage.CacheWrite1h ?? 0));
        _audioInput.Add(usage.AudioInput ?? 0);
        _output.Add(usage.Output ?? 0);
        _reasoning.Add(usage.Reasoning ?? 0);
        _audioOutput.Add(usage.AudioOutput ?? 0);
        if (usage.Estimated)
            _estimated.Increment();

        // The convention: what is not known is not reported.
        if (usage.InputUncached is not null)
            _inputUsage.Record(usage.InputTotal);
        if (usage.Output is not null)
            _outputUsage.Record(usage.OutputTotal);
    }

    /// <summary>Values of gen_ai.operation.name; the last is ours.</summary>
    private static string ConventionalName(Operation operation) => operation switch
    {
        Operation.Completions => "text_completion",
        Operation.Embeddings => "embeddings",
        Operation.CountTokens => "count_tokens",
        _ => "chat",
    };

    /// <summary>Values of gen_ai.provider.name; the last two are ours.</summary>
    private static string ConventionalName(Provider provider) => provider switch
    {
        Provider.OpenAI => "openai",
        Provider.Anthropic => "anthropic",
        Provider.OpenAICompatible => "openai_compatible",
        _ => "simulated",
    };
}
