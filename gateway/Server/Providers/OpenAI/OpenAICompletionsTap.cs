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
    private Member _member;

    protected override EventVerdict ReadEvent(ReadOnlySpan<byte> data)
    {
        if (!data.SequenceEqual("[DONE]"u8))
            return ReadChunk(data);
        IsComplete = true;
        return EventVerdict.End;
    }

    protected override TokenUsage? ReadUsage(ReadOnlySpan<byte> json) => OpenAIUsage.Read(json);

    protected override bool HoldsAnswer(ref Utf8JsonReader name) => name.ValueTextEquals("choices"u8);

    protected override void ReadAnswer(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.PropertyName)
            _member = MemberOf(ref reader);
        else if (reader.TokenType == JsonTokenType.String)
            ReadText(ref reader);
    }

    /// <remarks>
    /// Models that search before they answer report it by what they cite alone; each call is charged as one search:
    /// https://developers.openai.com/api/docs/guides/tools-web-search.
    /// </remarks>
    private void ReadText(ref Utf8JsonReader reader)
    {
        if (_member == Member.Text)
            TextBytes += JsonText.Bytes(ref reader);
        else if (_member == Member.Type && reader.ValueTextEquals("url_citation"u8))
        {
            WebSearches = 1;
            HasUnknownFees = true;
        }
    }

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

        while (reader.Read() && !(reader.TokenType == JsonTokenType.EndArray && reader.CurrentDepth == depth))
        {
            hasChoices = true;
            ReadAnswer(ref reader);
            if (reader.TokenType != JsonTokenType.String)
                continue;
            hasContent |= _member == Member.FinishReason || (_member == Member.Text && reader.ValueSpan.Length > 0);

            // Not every server closes with [DONE]; an answer whose every choice says why it ended has ended.
            if (_member == Member.FinishReason)
                IsComplete = --_unfinished <= 0;
        }

        return hasContent;
    }

    private static Member MemberOf(ref Utf8JsonReader name)
    {
        if (name.ValueTextEquals("role"u8))
            return Member.Role;
        if (name.ValueTextEquals("type"u8))
            return Member.Type;
        return name.ValueTextEquals("finish_reason"u8) ? Member.FinishReason : Member.Text;
    }

    private enum Member
    {
        Text,
        Role,
        Type,
        FinishReason,
    }
}
