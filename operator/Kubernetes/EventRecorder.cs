using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Operator.Api;

namespace Operator.Kubernetes;

/// <summary>
/// Tells events of objects. To record one neither waits nor fails; what cannot be sent is logged and forgotten. The same event of the same
/// object again raises the count of the first.
/// </summary>
internal sealed partial class EventRecorder(KubernetesClient client, EventOptions options, TimeProvider time, ILogger logger)
{
    private const string FieldManager = "llm-gateway-operator-events";
    private const int MaxNoteBytes = 1024;

    private readonly Channel<EventText> _waiting = Channel.CreateBounded<EventText>(
        new BoundedChannelOptions(options.MaxWaiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly EventSeriesBook _book = new(options, time);

    /// <summary>From any thread.</summary>
    public void Record(EventText text) => _waiting.Writer.TryWrite(text);

    /// <summary>Sends until it is cancelled. One process at a time runs it.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await foreach (var text in _waiting.Reader.ReadAllAsync(cancellation))
        {
            try
            {
                await TellAsync(text, cancellation);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogBroken(e, text.Reason);
            }
        }
    }

    private async Task TellAsync(EventText text, CancellationToken cancellation)
    {
        var step = _book.Next(text);
        var failure = step switch
        {
            EventStep.Again { IsDue: true } again => await RaiseAsync(text, again.Series, cancellation),
            EventStep.First first => await CreateAsync(text, first.Name, cancellation),
            _ => null,
        };
        if (failure is not null)
            LogNotTold(text.Reason, text.Regarding.Kind, text.Regarding.Id(), failure.ToString());
    }

    private async Task<ApiFailure?> CreateAsync(EventText text, string name, CancellationToken cancellation) =>
        (await client.CreateAsync(ResourceTypes.Events, ToObject(text, name), cancellation)).Failure;

    /// <summary>An event lives for an hour on the server; where it is gone, the next one is a first one again.</summary>
    private async Task<ApiFailure?> RaiseAsync(EventText text, EventSeriesBook.Entry series, CancellationToken cancellation)
    {
        var patch = new JsonObject
        {
            ["series"] = JsonSerializer.SerializeToNode(
                new EventSeries { Count = series.Count, LastObservedTime = time.GetUtcNow() }, ApiJson.Options),
        };
        var key = new ObjectKey(NamespaceOf(text.Regarding), series.Name);
        var outcome = await client.PatchAsync(ResourceTypes.Events, key, patch, new() { FieldManager = FieldManager }, cancellation);
        if (!outcome.FailedBy(ApiFailureReason.NotFound))
            return outcome.Failure;
        _book.Forget(text);
        return await CreateAsync(text, series.Name, cancellation);
    }

    private EventObject ToObject(EventText text, string name) => new()
    {
        Metadata = new() { Name = name, Namespace = NamespaceOf(text.Regarding) },
        EventTime = time.GetUtcNow(),
        ReportingController = options.Controller,
        ReportingInstance = options.Instance,
        Action = text.Action,
        Reason = text.Reason,
        Type = text.Type.ToString(),
        Note = Cut(text.Note),
        Regarding = new()
        {
            ApiVersion = text.Regarding.ApiVersion,
            Kind = text.Regarding.Kind,
            Namespace = text.Regarding.Metadata.Namespace,
            Name = text.Regarding.Metadata.Name,
            Uid = text.Regarding.Metadata.Uid,
        },
    };

    /// <summary>The server counts bytes.</summary>
    private static string Cut(string note)
    {
        if (Encoding.UTF8.GetByteCount(note) <= MaxNoteBytes)
            return note;
        var bytes = 0;
        var kept = new StringBuilder();
        foreach (var rune in note.EnumerateRunes().TakeWhile(r => (bytes += r.Utf8SequenceLength) <= MaxNoteBytes - 3))
            kept.Append(rune);
        return kept.Append('…').ToString();
    }

    /// <summary>Events of objects without a namespace stand in <c>default</c>; the server insists.</summary>
    private static string NamespaceOf(KubernetesObject of) => of.Metadata.Namespace.Length == 0 ? "default" : of.Metadata.Namespace;

    [LoggerMessage(1111, LogLevel.Warning, "Event {Reason} of {Kind} {Id} was not told: {Why}")]
    private partial void LogNotTold(string reason, string kind, string id, string why);

    [LoggerMessage(1112, LogLevel.Error, "Event {Reason} was not told, for an unforeseen reason")]
    private partial void LogBroken(Exception exception, string reason);
}
