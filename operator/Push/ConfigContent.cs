using System.Net;

namespace Operator.Push;

/// <summary>A config as the body of a request, compressed as it is for the durable copy anyway.</summary>
internal sealed class ConfigContent : HttpContent
{
    private readonly StampedConfig _config;

    public ConfigContent(StampedConfig config)
    {
        _config = config;
        Headers.ContentType = new("application/json");
        Headers.ContentEncoding.Add("gzip");
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        foreach (var piece in _config.Json)
            await stream.WriteAsync(piece.Zipped, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _config.Json.Sum(p => (long)p.Zipped.Length);
        return true;
    }
}
