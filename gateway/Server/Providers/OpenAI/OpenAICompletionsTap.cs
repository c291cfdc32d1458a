using System.Text.Json;
using Gateway.Server.Metering;
using Gateway.Server.Streaming;

namespace Gateway.Server.Providers.OpenAI;

/// <summary>Understands chat completions, completions and embeddings.</summary>
/// <param name="keepUsageChunk">Whether the client asked for the chunk that holds only usage.</param>
/// <param name="choices">How many choices a whole stream brings.</param>
internal sealed class OpenAICompletionsTap(bool keepUsageChunk, int choices) : JsonTap
{
    private int _unfinished = choices;

    protected override EventVerdict ReadEvent(ReadOnlySpan<byte> data)
    {
        if (!data.SequenceEqual("[DONE]"u8))
            return ReadChunk(data);
        IsComplete = true;
        return EventVerdict.End;
    }

    protected override TokenUsage? ReadUsage(ReadOnlySpan<byte> json) => OpenAIUsage.Read(json);

    private EventVerdict ReadChunk(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data, Options);
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
            {
                reader.Read();
                hasUsage = TakeUsage(ref reader, data);
            }
            else if (reader.ValueTextEquals("service_tier"u8))
            {
                reader.Read();
                TakeServiceTier(ref reader);
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
                    // Not every server closes with [DONE]; an answer whose every choice says why it ended has ended.
                    IsComplete = --_unfinished <= 0;
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

    private enum Member
    {
        Text,
        Role,
        FinishReason,
    }
}
