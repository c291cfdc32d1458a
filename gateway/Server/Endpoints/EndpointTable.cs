using System.Collections.Frozen;

namespace Gateway.Server.Endpoints;

/// <summary>What a path leads to.</summary>
/// <param name="Kind">The kind of endpoint.</param>
/// <param name="Operation">With <see cref="EndpointKind.Operation"/>.</param>
/// <param name="Model">A model that the path names.</param>
internal readonly record struct Endpoint(EndpointKind Kind, Operation Operation = default, string? Model = null);

internal enum EndpointKind
{
    Unknown,
    Root,
    Operation,
    Models,
    ModelInfo,
    KeyInfo,
    SpendReport,
    SpendLogs,
}

/// <summary>All public paths of the data port, each with and without <c>/v1</c>, and Azure's form that names the model.</summary>
internal static class EndpointTable
{
    private const string AzurePrefix = "/openai/deployments/";

    private static readonly FrozenDictionary<string, Operation> s_operations = new Dictionary<string, Operation>(StringComparer.Ordinal)
    {
        ["/chat/completions"] = Operation.ChatCompletions,
        ["/completions"] = Operation.Completions,
        ["/embeddings"] = Operation.Embeddings,
        ["/responses"] = Operation.Responses,
        ["/messages"] = Operation.Messages,
        ["/messages/count_tokens"] = Operation.CountTokens,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static Endpoint Find(string path)
    {
        if (path.StartsWith(AzurePrefix, StringComparison.Ordinal))
            return FindAzure(path[AzurePrefix.Length..]);
        var plain = WithoutPrefix(path);
        if (s_operations.TryGetValue(plain, out var operation))
            return new(EndpointKind.Operation, operation);
        return plain switch
        {
            "" or "/" => new(EndpointKind.Root),
            "/models" => new(EndpointKind.Models),
            "/model/info" => new(EndpointKind.ModelInfo),
            "/key/info" => new(EndpointKind.KeyInfo),
            "/spend/report" => new(EndpointKind.SpendReport),
            "/spend/logs" => new(EndpointKind.SpendLogs),
            _ when plain.StartsWith("/models/", StringComparison.Ordinal) => new(EndpointKind.Models, Model: plain["/models/".Length..]),
            _ => default,
        };
    }

    /// <summary><c>/openai/v1</c> is the base URL of Azure's newer clients.</summary>
    private static string WithoutPrefix(string path)
    {
        foreach (var prefix in (ReadOnlySpan<string>)["/v1", "/openai/v1"])
        {
            if (path.StartsWith(prefix, StringComparison.Ordinal) && (path.Length == prefix.Length || path[prefix.Length] == '/'))
                return path[prefix.Length..];
        }

        return path;
    }

    private static Endpoint FindAzure(string rest)
    {
        foreach (var (path, operation) in s_operations)
        {
            // The longer of two that fit: `/chat/completions` ends with `/completions`.
            if (rest.EndsWith(path, StringComparison.Ordinal) && rest.Length > path.Length
                && !(operation == Operation.Completions && rest.EndsWith("/chat/completions", StringComparison.Ordinal)))
            {
                return new(EndpointKind.Operation, operation, rest[..^path.Length]);
            }
        }

        return default;
    }
}
