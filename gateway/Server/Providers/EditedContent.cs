using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;

namespace Gateway.Server.Providers;

/// <summary>
/// The client's body with a few places replaced, written from where it lies: what is not replaced keeps every byte, and so do prompt
/// caches and signatures that depend on them. It can be sent again.
/// </summary>
internal sealed class EditedContent : HttpContent
{
    private static readonly MediaTypeHeaderValue s_json = new("application/json");

    private readonly ReadOnlyMemory<byte> _body;
    private readonly ImmutableArray<BodyEdit> _edits;

    public EditedContent(ReadOnlyMemory<byte> body, ImmutableArray<BodyEdit> edits)
    {
        _body = body;
        _edits = edits;
        Headers.ContentType = s_json;
        long length = body.Length;
        foreach (var edit in edits)
            length += edit.Replacement.Length - edit.Length;
        Headers.ContentLength = length;
    }

    /// <summary>True once all of it has been written.</summary>
    public bool IsSent { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var at = 0;
        foreach (var edit in _edits)
        {
            await stream.WriteAsync(_body[at..edit.Start], cancellationToken);
            await stream.WriteAsync(edit.Replacement, cancellationToken);
            at = edit.Start + edit.Length;
        }

        await stream.WriteAsync(_body[at..], cancellationToken);
        IsSent = true;
    }

    protected override bool TryComputeLength(out long length)
    {
        length = Headers.ContentLength!.Value;
        return true;
    }
}
