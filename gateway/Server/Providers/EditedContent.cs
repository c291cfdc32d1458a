using System.Buffers;
using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Net;

namespace Gateway.Server.Providers;

/// <summary>
/// The client's body with a few places replaced, written from where it lies: what is not replaced keeps every byte, and so do prompt
/// caches and signatures that depend on them. It can be sent again.
/// </summary>
internal sealed class EditedContent : HttpContent
{
    private static readonly MediaTypeHeaderValue s_json = new("application/json");

    private readonly ReadOnlySequence<byte> _body;
    private readonly ImmutableArray<BodyEdit> _edits;

    public EditedContent(ReadOnlySequence<byte> body, ImmutableArray<BodyEdit> edits)
    {
        _body = body;
        _edits = edits;
        Headers.ContentType = s_json;
        Headers.ContentLength = body.Length + edits.Sum(e => e.Replacement.Length - e.Length);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var at = 0;
        foreach (var edit in _edits)
        {
            await WriteAsync(stream, _body.Slice(at, edit.Start - at), cancellationToken);
            await stream.WriteAsync(edit.Replacement, cancellationToken);
            at = edit.Start + edit.Length;
        }

        await WriteAsync(stream, _body.Slice(at), cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = Headers.ContentLength!.Value;
        return true;
    }

    private static async ValueTask WriteAsync(Stream stream, ReadOnlySequence<byte> bytes, CancellationToken cancellationToken)
    {
        foreach (var piece in bytes)
            await stream.WriteAsync(piece, cancellationToken);
    }
}
