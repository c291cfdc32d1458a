using System.IO.Compression;

namespace Operator.Push;

/// <summary>A part of a JSON text, and the same as a gzip member. Never changes.</summary>
internal sealed class JsonPiece(byte[] json)
{
    private byte[]? _zipped;

    /// <summary>As it stands in the text.</summary>
    public ReadOnlyMemory<byte> Json => json;

    /// <summary>
    /// Compressed quickly. Members one after the other are one gzip file (https://www.rfc-editor.org/rfc/rfc1952#section-2.2).
    /// </summary>
    public ReadOnlyMemory<byte> Zipped => _zipped ??= Zip([this], CompressionLevel.Fastest);

    /// <summary>The text of all pieces as one gzip member.</summary>
    public static byte[] Zip(IEnumerable<JsonPiece> pieces, CompressionLevel level)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, level))
        {
            foreach (var piece in pieces)
                gzip.Write(piece.Json.Span);
        }

        return zipped.ToArray();
    }
}
