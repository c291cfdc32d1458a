using System.Collections.Immutable;
using Gateway.Server.Config;
using Gateway.Server.Streaming;

namespace Gateway.Server.Providers.OpenAI;

/// <summary>
/// Chat completions and completions, bytes through. For metering a stream is asked for its usage; the chunk that brings it is kept from a
/// client that did not ask.
/// </summary>
internal sealed class OpenAICompletionsDialect : IProviderDialect
{
    private static readonly byte[] s_option = [.. "\"include_usage\":true"u8];
    private static readonly byte[] s_optionAndMore = [.. s_option, (byte)','];
    private static readonly byte[] s_options = [(byte)'{', .. s_option, (byte)'}'];
    private static readonly byte[] s_member = [.. "\"stream_options\":"u8, .. s_options, (byte)','];
    private static readonly byte[] s_true = [.. "true"u8];

    public UpstreamRequest Translate(ProviderCall call, TargetModel target) => new()
    {
        Url = target.BaseUrl + (call.Operation == Operation.Completions ? "/completions" : "/chat/completions"),
        Headers = OpenAICredentials.Headers(target),
        Edits = Edits(call, target),
    };

    public AnswerTap Tap(ProviderCall call, TargetModel target) =>
        new OpenAICompletionsTap(keepUsageChunk: call.Fields.IncludeUsage == true, call.Fields.Count * call.Fields.PromptCount);

    private static ImmutableArray<BodyEdit> Edits(ProviderCall call, TargetModel target)
    {
        BodyEdit?[] edits = [ModelEdit.Of(call, target), AsksForUsage(call, target) ? UsageEdit(call) : null];
        return [.. edits.OfType<BodyEdit>().OrderBy(e => e.Start)];
    }

    private static bool AsksForUsage(ProviderCall call, TargetModel target) =>
        call.Fields.Stream && call.Fields.IncludeUsage != true && target.SupportsStreamUsage;

    private static BodyEdit UsageEdit(ProviderCall call)
    {
        var positions = call.Fields.Positions;
        if (positions.IncludeUsage is { } value)
            return new(value.Start.Value, value.End.Value - value.Start.Value, s_true);
        if (positions.StreamOptions is not { } options)
            return new(positions.BodyStart, 0, s_member);
        return positions.StreamOptionsIsEmpty
            ? new(options.Start.Value, options.End.Value - options.Start.Value, s_options)
            : new(options.Start.Value + 1, 0, s_optionAndMore);
    }
}
