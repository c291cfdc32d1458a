using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;

namespace Gateway.Server.Providers;

/// <summary>An upstream's body in plain bytes: some servers compress whatever they are told.</summary>
internal static class UpstreamBody
{
    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "the response disposes of its stream")]
    public static async ValueTask<Stream> OpenAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        return response.Content.Headers.ContentEncoding.LastOrDefault() switch
        {
            "gzip" or "x-gzip" => new GZipStream(body, CompressionMode.Decompress),
            "br" => new BrotliStream(body, CompressionMode.Decompress),
            "deflate" => new ZLibStream(body, CompressionMode.Decompress),
            _ => body,
        };
    }
}
