using System.Text.Json;
using Gateway.Server.Metering;
using Gateway.Server.Streaming;

namespace Gateway.Server.Providers;

/// <summary>
/// What the taps of all APIs share. Usage and service tier are top-level members of a body, and what the model wrote is one of them; an
/// event that cannot be read is a part of the answer; usage that cannot be read was not reported.
/// </summary>
internal abstract class JsonTap : AnswerTap, IAnswerMembers
{
    /// <summary>
    /// An answer may nest deeper than a request: the Responses API repeats the tools of its request, schemas included, inside its last
    /// event.
    /// </summary>
    internal static readonly JsonReaderOptions Options = new() { MaxDepth = 1024 };

    private AnswerBody? _body;
    private bool _inAnswer;

    public sealed override EventVerdict OnEvent(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
            return EventVerdict.Lifecycle;
        try
        {
            return ReadEvent(data);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or text that is no Unicode.
            return EventVerdict.Content;
        }
    }

    public sealed override void OnBody(ReadOnlySpan<byte> bytes, bool isLast)
    {
        _body ??= new(this);

        // What is unread is nearly always the answer's text: where it ends there, it has been paid for.
        TextBytes -= _body.Unread;
        _body.OnBytes(bytes, isLast);
        TextBytes += _body.Unread;
        IsComplete = _body.IsComplete;
        IsBroken = _body.IsBroken;
    }

    /// <summary>Whether a whole answer with an error object is a failure: some aggregators report theirs under a 200.</summary>
    protected virtual bool ErrorIsFault => true;

    bool IAnswerMembers.Wants(ref Utf8JsonReader name)
    {
        try
        {
            return name.ValueTextEquals("usage"u8) || name.ValueTextEquals("service_tier"u8)
                || (ErrorIsFault && name.ValueTextEquals("error"u8));
        }
        catch (InvalidOperationException)
        {
            // Text that is no Unicode names nothing that is looked for.
            return false;
        }
    }

    void IAnswerMembers.OnMember(ReadOnlySpan<byte> name, ReadOnlySpan<byte> json)
    {
        try
        {
            ReadMember(name, json);
        }
        catch (InvalidOperationException)
        {
            // As above: it was not reported.
        }
    }

    void IAnswerMembers.OnToken(ref Utf8JsonReader reader)
    {
        try
        {
            if (reader is { TokenType: JsonTokenType.PropertyName, CurrentDepth: 1 })
                _inAnswer = HoldsAnswer(ref reader);
            else if (_inAnswer)
                ReadAnswer(ref reader);
        }
        catch (InvalidOperationException)
        {
            // As above.
        }
    }

    private void ReadMember(ReadOnlySpan<byte> name, ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, Options);
        reader.Read();
        if (name.SequenceEqual("service_tier"u8))
            TakeServiceTier(ref reader);
        else if (name.SequenceEqual("usage"u8))
            TakeUsage(ref reader, json);
        else if (reader.TokenType != JsonTokenType.Null)
            Fault = UpstreamFaults.Read(ref reader);
    }

    /// <summary>Whether the top-level member of this name holds what the model wrote.</summary>
    protected virtual bool HoldsAnswer(ref Utf8JsonReader name) => false;

    /// <summary>One token of that member. The member's own value stands at a depth of 1.</summary>
    protected virtual void ReadAnswer(ref Utf8JsonReader reader)
    {
    }

    /// <summary>One event's data, not empty. What it throws of a reader's exceptions makes the event a part of the answer.</summary>
    protected abstract EventVerdict ReadEvent(ReadOnlySpan<byte> data);

    /// <summary>The usage object of this API, taken together with <see cref="AnswerTap.Usage"/>. Null where it reports nothing.</summary>
    protected abstract TokenUsage? ReadUsage(ReadOnlySpan<byte> json);

    /// <param name="reader">On the value of <c>usage</c>; afterwards on its last token.</param>
    /// <param name="data">What the reader reads.</param>
    /// <returns>Whether it reports anything.</returns>
    protected bool TakeUsage(ref Utf8JsonReader reader, ReadOnlySpan<byte> data)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return false;
        }

        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        if (ReadUsage(data[start..(int)reader.BytesConsumed]) is not { } usage)
            return false;
        Usage = ServiceTier is null ? usage : usage with { ServiceTier = ServiceTier };
        return true;
    }

    /// <summary>The tier may come before or after the usage, and with every event.</summary>
    /// <param name="reader">On the value of <c>service_tier</c>; afterwards on its last token.</param>
    protected void TakeServiceTier(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return;
        }

        if (ServiceTier is null ? ServiceTiers.IsStandard(ref reader) : reader.ValueTextEquals(ServiceTier))
            return;
        ServiceTier = ServiceTiers.Name(ref reader);
        if (Usage is not null)
            Usage = Usage with { ServiceTier = ServiceTier };
    }
}
