using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Support.ApiServer;

/// <summary>One call that the server got.</summary>
public sealed record ApiCall
{
    /// <summary>As RBAC names it: get, list, watch, create, update, patch, delete.</summary>
    public required string Verb { get; init; }

    /// <summary>As RBAC names it: <c>secrets</c>, <c>llmgateways/status</c>.</summary>
    public required string Resource { get; init; }

    /// <summary>Of the kind; empty for the core.</summary>
    public required string Group { get; init; }

    /// <summary>Empty: of the cluster, or of all namespaces.</summary>
    public required string Namespace { get; init; }

    /// <summary>Empty: of the collection.</summary>
    public required string Name { get; init; }

    /// <summary>The query, decoded.</summary>
    public required ImmutableDictionary<string, string> Query { get; init; }

    /// <summary>Content type of what was sent; empty where nothing was.</summary>
    public required string ContentType { get; init; }

    /// <summary>What was asked for.</summary>
    public required string Accept { get; init; }

    /// <summary>The user agent.</summary>
    public required string UserAgent { get; init; }

    /// <summary>What was sent.</summary>
    public required string Body { get; init; }

    /// <summary>A server-side apply.</summary>
    public bool IsApply => ContentType.StartsWith("application/apply-patch", StringComparison.Ordinal);

    internal static ApiCall Of(HttpRequest request, ApiPath path, string body)
    {
        var query = request.Query.ToImmutableDictionary(q => q.Key, q => q.Value.ToString());
        return new()
        {
            Verb = VerbOf(request.Method, path.Name, query.GetValueOrDefault("watch")),
            Resource = path.Subresource.Length == 0 ? path.Plural : $"{path.Plural}/{path.Subresource}",
            Group = path.ApiVersion.Contains('/') ? path.ApiVersion[..path.ApiVersion.IndexOf('/')] : "",
            Namespace = path.Namespace,
            Name = path.Name,
            Query = query,
            ContentType = request.ContentType ?? "",
            Accept = Join(request.Headers.Accept),
            UserAgent = Join(request.Headers.UserAgent),
            Body = body,
        };
    }

    private static string VerbOf(string method, string name, string? watch) => method switch
    {
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => name.Length == 0 ? "deletecollection" : "delete",
        _ when watch is "true" or "1" => "watch",
        _ => name.Length == 0 ? "list" : "get",
    };

    private static string Join(StringValues values) => values.ToString();
}
