using Gateway.Server.Metering;
using Gateway.Server.Streaming;

namespace Gateway.Server.Providers;

/// <summary>For answers that cost nothing. They are JSON and never streamed.</summary>
internal sealed class UnmeteredTap : JsonTap
{
    public UnmeteredTap() => Usage = new();

    protected override EventVerdict ReadEvent(ReadOnlySpan<byte> data) => EventVerdict.Content;

    protected override TokenUsage? ReadUsage(ReadOnlySpan<byte> json) => null;
}
