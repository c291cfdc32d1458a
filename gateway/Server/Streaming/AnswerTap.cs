using Gateway.Server.Metering;

namespace Gateway.Server.Streaming;

/// <summary>What an event of a stream is to whoever passes it on.</summary>
internal enum EventVerdict
{
    /// <summary>Carries nothing of the answer yet: message_start, a role, an empty delta, a ping, a comment.</summary>
    Lifecycle,

    /// <summary>Carries a part of the answer.</summary>
    Content,

    /// <summary>Is there for us only, and not passed on.</summary>
    Ours,

    /// <summary>The answer is complete.</summary>
    End,

    /// <summary>The upstream reports a failure inside its stream.</summary>
    Error,
}

/// <summary>
/// Understands one answer of one upstream while its bytes go by: usage, completeness, errors. Never changes a byte.
/// </summary>
internal abstract class AnswerTap
{
    /// <summary>Null until the provider reports it. The last report wins: they are cumulative.</summary>
    public TokenUsage? Usage { get; protected set; }

    /// <summary>
    /// True where a report of the answer's tokens could not be true, and an earlier one may stand in <see cref="Usage"/>: its text counts.
    /// </summary>
    public bool HasOddOutput { get; protected set; }

    /// <summary>As the answer reports it beside its usage; null: not reported, or the standard one.</summary>
    public string? ServiceTier { get; protected set; }

    /// <summary>
    /// Bytes of what the model wrote, seen so far: what an estimate is made from when no usage comes. The same for an answer that is
    /// streamed and one that is not.
    /// </summary>
    public long TextBytes { get; protected set; }

    /// <summary>Searches of the web that the answer shows: what counts when its usage does not report them.</summary>
    public long WebSearches { get; protected set; }

    /// <inheritdoc cref="WebSearches"/>
    public long FileSearches { get; protected set; }

    /// <summary>True where the answer shows a tool on the provider's side whose fees, or whose uses, it does not tell.</summary>
    public bool HasUnknownFees { get; protected set; }

    /// <summary>True once the answer has been seen to its proper end.</summary>
    public bool IsComplete { get; protected set; }

    /// <summary>True once it is clear that an unstreamed answer is none, as a page of HTML.</summary>
    public bool IsBroken { get; protected set; }

    /// <summary>The provider's words when it reported a failure inside the answer.</summary>
    public UpstreamFault? Fault { get; protected set; }

    /// <summary>One event of a stream. Data that is not understood is content: it is passed on.</summary>
    public abstract EventVerdict OnEvent(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data);

    /// <summary>The next bytes of an unstreamed answer.</summary>
    public abstract void OnBody(ReadOnlySpan<byte> bytes, bool isLast);
}

/// <summary>A failure in the provider's own words.</summary>
/// <param name="Type">Its type or code, as <c>overloaded_error</c>.</param>
/// <param name="Message">Its message.</param>
internal sealed record UpstreamFault(string Type, string Message);
