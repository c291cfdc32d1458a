using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Gateway.Contract;

namespace Gateway.Server.Providers.Simulated;

/// <summary>
/// A provider inside the process, in place of a connection: it answers by the request's path in OpenAI's or Anthropic's own form. The same
/// request, config and clock give the same answer, apart from the ids and the <see cref="SimulatedConfig.FaultPercent"/> dice.
/// </summary>
/// <remarks>
/// <see cref="SimulatedConfig.CutAfterChunks"/> and <see cref="SimulatedConfig.ErrorAfterChunks"/> count every event of the stream,
/// lifecycle events included, so that 0 and 1 fail before any content. A cut is an <see cref="IOException"/> on reading, as a broken
/// connection gives.
/// </remarks>
/// <param name="clock">Measures delays and dates answers.</param>
/// <param name="random">From 0 up to but not including 1.</param>
internal sealed class SimulatedHandler(TimeProvider clock, Func<double> random) : HttpMessageHandler
{
    /// <summary>How the call is to be answered; without it, by the defaults.</summary>
    public static readonly HttpRequestOptionsKey<SimulatedConfig> ConfigKey = new("simulated");

    private static readonly SimulatedConfig s_default = new();
    private static readonly MediaTypeHeaderValue s_json = new("application/json");
    private static readonly MediaTypeHeaderValue s_eventStream = new("text/event-stream") { CharSet = "utf-8" };

    private long _calls;

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var config = request.Options.TryGetValue(ConfigKey, out var given) ? given : s_default;
        var endpoint = SimulatedEndpoints.Find(request.RequestUri!.AbsolutePath);
        var id = string.Create(CultureInfo.InvariantCulture, $"simulated{Interlocked.Increment(ref _calls):D8}");
        var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken);
        if (config.LatencyMilliseconds > 0)
            await Task.Delay(TimeSpan.FromMilliseconds(config.LatencyMilliseconds), clock, cancellationToken);

        var isFaulty = random() * 100 < config.FaultPercent;
        if (isFaulty && config.FaultStatus is { } status)
            return Error(endpoint, status, new(SimulatedErrors.FaultMessage), id, config.FaultRetryAfterSeconds);
        if (endpoint == SimulatedEndpoint.Unknown)
            return Error(endpoint, 404, new("There is nothing at this path."), id);
        var (parsed, refusal) = SimulatedRequestReader.Read(body, endpoint);
        if (parsed is null)
            return Error(endpoint, 400, refusal!, id);
        if (config.CallTools && !parsed.EndsWithToolResult)
            parsed = parsed with { Tool = SimulatedTool.FirstOf(body) };

        var answer = SimulatedAnswer.Compose(parsed, config, id, clock.GetUtcNow().ToUnixTimeSeconds());
        return parsed.Stream ? Stream(answer, config, isFaulty) : Whole(answer);
    }

    private static HttpResponseMessage Whole(SimulatedAnswer answer)
    {
        using var frame = new JsonFrame();
        var json = frame.BeginBare();
        switch (answer.Request.Endpoint)
        {
            case SimulatedEndpoint.ChatCompletions:
                ChatCompletions.Write(json, answer);
                break;
            case SimulatedEndpoint.Completions:
                Completions.Write(json, answer);
                break;
            case SimulatedEndpoint.Embeddings:
                Embeddings.Write(json, answer);
                break;
            case SimulatedEndpoint.Responses:
                Responses.Write(json, answer);
                break;
            case SimulatedEndpoint.Messages:
                Messages.Write(json, answer);
                break;
            case SimulatedEndpoint.CountTokens:
                Messages.WriteCount(json, answer);
                break;
            default:
                throw new SwitchExpressionException(answer.Request.Endpoint);
        }

        return Response(answer.Request.Endpoint, 200, new ByteArrayContent(frame.EndBare()), s_json, answer.Id);
    }

    private HttpResponseMessage Stream(SimulatedAnswer answer, SimulatedConfig config, bool isFaulty)
    {
        var frame = new JsonFrame();
        var events = answer.Request.Endpoint switch
        {
            SimulatedEndpoint.ChatCompletions => ChatCompletions.Events(frame, answer),
            SimulatedEndpoint.Completions => Completions.Events(frame, answer),
            SimulatedEndpoint.Responses => Responses.Events(frame, answer),
            SimulatedEndpoint.Messages => Messages.Events(frame, answer),
            var endpoint => throw new SwitchExpressionException(endpoint),
        };
        if (isFaulty && (config.CutAfterChunks ?? config.ErrorAfterChunks) is not null)
            events = Break(events, frame, answer, config);
        var stream = new ChunkStream(events.GetEnumerator(), TimeSpan.FromMilliseconds(config.ChunkMilliseconds), clock);
        return Response(answer.Request.Endpoint, 200, new StreamContent(stream), s_eventStream, answer.Id);
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Break(
        IEnumerable<ReadOnlyMemory<byte>> events, JsonFrame frame, SimulatedAnswer answer, SimulatedConfig config)
    {
        var sent = 0;
        foreach (var e in events)
        {
            if (sent == config.CutAfterChunks)
                throw new IOException("The simulated provider was told to break the connection.");
            if (sent == config.ErrorAfterChunks)
            {
                yield return SimulatedErrors.Event(frame, answer.Request.Endpoint, sent, answer.Id);
                yield break;
            }

            yield return e;
            sent++;
        }
    }

    private static HttpResponseMessage Error(
        SimulatedEndpoint endpoint, int status, SimulatedRefusal refusal, string id, int? retryAfterSeconds = null)
    {
        using var frame = new JsonFrame();
        SimulatedErrors.Write(frame.BeginBare(), endpoint, status, refusal, id);
        var response = Response(endpoint, status, new ByteArrayContent(frame.EndBare()), s_json, id);
        if (retryAfterSeconds is { } seconds)
            response.Headers.RetryAfter = new(TimeSpan.FromSeconds(seconds));
        return response;
    }

    private static HttpResponseMessage Response(
        SimulatedEndpoint endpoint, int status, HttpContent content, MediaTypeHeaderValue type, string id)
    {
        content.Headers.ContentType = type;
        var response = new HttpResponseMessage((HttpStatusCode)status) { Content = content };
        response.Headers.TryAddWithoutValidation(endpoint.IsAnthropic() ? "request-id" : "x-request-id", "req_" + id);
        return response;
    }
}
