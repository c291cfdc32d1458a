using System.Text.Json;
using System.Text;
using Gateway.Server.Streaming;

namespace Gateway.Server.Providers.OpenAI;

/// <summary>Understands chat completions, completions and embeddings.</summary>
/// <param name="keepUsageChunk">Whether the client asked for the chunk that holds only usage.</param>
internal sealed class OpenAICompletionsTap(bool keepUsageChunk) : AnswerTap, IAnswerMembers
{
    private AnswerBody? _body;
    private string? _serviceTier;

    public override EventVerdict OnEvent(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
            return EventVerdict.Lifecycle;
        if (data.SequenceEqual("[DONE]"u8))
        {
            IsComplete = true;
            return EventVerdict.End;
        }

        try
        {
            return ReadChunk(data);
        }
        catch (JsonException)
        {
            return EventVerdict.Content;
        }
    }

    public override void OnBody(ReadOnlySpan<byte> bytes, bool isLast)
    {
        _body ??= new(this);
        _body.OnBytes(bytes, isLast);
        IsComplete = _body.IsComplete;
    }

    bool IAnswerMembers.Wants(ref Utf8JsonReader name) => name.ValueTextEquals("usage"u8) || name.ValueTextEquals("service_tier"u8);

    void IAnswerMembers.OnMember(string name, ReadOnlySpan<byte> json)
    {
        if (string.Equals(name, "service_tier", StringComparison.Ordinal))
            SetServiceTier(Encoding.UTF8.GetString(json).Trim().Trim('"'));
        else
            Usage = OpenAIUsage.Read(json, _serviceTier) ?? Usage;
    }

    void IAnswerMembers.OnText(long bytes) => TextBytes += bytes;

    private EventVerdict ReadChunk(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return EventVerdict.Content;
        var hasContent = false;
        var hasChoices = false;
        var hasUsage = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("choices"u8))
            {
                reader.Read();
                hasContent = ReadChoices(ref reader, ref hasChoices);
            }
            else if (reader.ValueTextEquals("usage"u8))
                hasUsage = ReadUsage(ref reader, data);
            else if (reader.ValueTextEquals("service_tier"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.String)
                    SetServiceTier(reader.GetString());
            }
            else if (reader.ValueTextEquals("error"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.Null)
                    continue;
                Fault = UpstreamFaults.Read(ref reader);
                return EventVerdict.Error;
            }
            else
                reader.Skip();
        }

        if (hasUsage && !hasChoices)
            return keepUsageChunk ? EventVerdict.Lifecycle : EventVerdict.Ours;
        return hasContent ? EventVerdict.Content : EventVerdict.Lifecycle;
    }

    /// <summary>True where a choice brings text, reasoning, a tool call, a refusal, or its end.</summary>
    private bool ReadChoices(ref Utf8JsonReader reader, ref bool hasChoices)
    {
        var hasContent = false;
        var depth = reader.CurrentDepth;
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return false;
        }

        var member = Member.Text;
        while (reader.Read() && !(reader.TokenType == JsonTokenType.EndArray && reader.CurrentDepth == depth))
        {
            hasChoices = true;
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    member = MemberOf(ref reader);
                    break;
                case JsonTokenType.String when member == Member.FinishReason:
                    // Not every server closes with [DONE]; an answer that says why it ended has ended.
                    IsComplete = true;
                    hasContent = true;
                    break;
                case JsonTokenType.String when member == Member.Text && reader.ValueSpan.Length > 0:
                    TextBytes += reader.ValueSpan.Length;
                    hasContent = true;
                    break;
            }
        }

        return hasContent;
    }

    private static Member MemberOf(ref Utf8JsonReader name)
    {
        if (name.ValueTextEquals("role"u8) || name.ValueTextEquals("type"u8))
            return Member.Role;
        return name.ValueTextEquals("finish_reason"u8) ? Member.FinishReason : Member.Text;
    }

    private bool ReadUsage(ref Utf8JsonReader reader, ReadOnlySpan<byte> data)
    {
        reader.Read();
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        if (OpenAIUsage.Read(data[start..(int)reader.BytesConsumed], _serviceTier) is not { } usage)
            return false;
        Usage = usage;
        return true;
    }

    private void SetServiceTier(string? tier)
    {
        _serviceTier = tier is "default" or "auto" or "null" ? null : tier;
        if (Usage is not null)
            Usage = Usage with { ServiceTier = _serviceTier };
    }

    private enum Member
    {
        Text,
        Role,
        FinishReason,
    }
}
