namespace Operator.Kubernetes;

/// <summary>One call.</summary>
internal sealed record ApiRequest
{
    public const string Json = "application/json";

    public const string MergePatch = "application/merge-patch+json";

    public const string ApplyPatch = "application/apply-patch+yaml";

    /// <summary>The verb.</summary>
    public required HttpMethod Method { get; init; }

    /// <summary>Path and query.</summary>
    public required string Target { get; init; }

    /// <summary>What is asked for.</summary>
    public string Accept { get; init; } = Json;

    /// <summary>What is sent; null: nothing.</summary>
    public byte[]? Body { get; init; }

    /// <summary>What kind of body that is.</summary>
    public string ContentType { get; init; } = Json;

    /// <summary>To do it twice is the same as once: it is tried again where nobody knows whether it was done.</summary>
    public bool IsRepeatable { get; init; }

    /// <summary>The pauses that the server asks for are kept before it is answered; else they are the caller's. Default true.</summary>
    public bool IsPatient { get; init; } = true;

    /// <summary>A message for one attempt. The server's URL may have a path of its own, as behind a proxy for many clusters.</summary>
    public HttpRequestMessage ToMessage(Uri server)
    {
        var message = new HttpRequestMessage(Method, new Uri(server, server.AbsolutePath.TrimEnd('/') + Target));
        message.Headers.TryAddWithoutValidation("Accept", Accept);
        if (Body is not null)
            message.Content = new ByteArrayContent(Body) { Headers = { ContentType = new(ContentType) } };
        return message;
    }
}
