using Gateway.Server.Streaming;

namespace Gateway.Server.Providers;

/// <summary>For answers that cost nothing.</summary>
internal sealed class UnmeteredTap : AnswerTap
{
    public UnmeteredTap() => Usage = new();

    public override EventVerdict OnEvent(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data) => EventVerdict.Content;

    public override void OnBody(ReadOnlySpan<byte> bytes, bool isLast) => IsComplete |= isLast;
}
