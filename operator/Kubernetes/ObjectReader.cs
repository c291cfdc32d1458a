using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Operator.Api;

namespace Operator.Kubernetes;

/// <summary>From the server's JSON to objects, one by one, so that one that cannot be read hides no other.</summary>
internal static class ObjectReader
{
    /// <summary>
    /// As deep as a server lets anything be, and more: what is too deep for us is one object, never the list or the watch that it is in.
    /// https://github.com/kubernetes-sigs/json/blob/main/internal/golang/encoding/json/scanner.go (maxNestingDepth)
    /// </summary>
    private static readonly JsonDocumentOptions s_document = new() { MaxDepth = 11_000 };

    /// <summary>A whole answer, or one line of a watch. Throws <see cref="JsonException"/> where it is no JSON.</summary>
    public static JsonDocument Document(ReadOnlySequence<byte> json) => JsonDocument.Parse(json, s_document);

    /// <summary>One object that was asked for.</summary>
    public static ApiOutcome<T> Read<T>(byte[] body)
        where T : KubernetesObject =>
        Parse<T>(body, root => TryRead<T>(root, out var value, out var problem) ? value : Unreadable(problem.Problem));

    /// <summary>One page of a list, and of each of its objects what is to be kept.</summary>
    public static ApiOutcome<ObjectList<T>> ReadList<T>(byte[] body, Func<T, T>? keep)
        where T : KubernetesObject =>
        Parse<ObjectList<T>>(body, root =>
        {
            if (Text(root, "metadata", "resourceVersion") is not { } version || !root.TryGetProperty("items", out var items))
                return Unreadable("the answer is no list");
            return ReadItems(items, keep) with { ResourceVersion = version, Continue = NotEmpty(Text(root, "metadata", "continue")) };
        });

    /// <summary>The answer of <c>/version</c>.</summary>
    public static ApiOutcome<ServerVersion> ReadVersion(byte[] body) =>
        Parse<ServerVersion>(body, root => ServerVersion.Of(Text(root, "major"), Text(root, "minor"), Text(root, "gitVersion")));

    /// <summary>The answer to a SelfSubjectAccessReview.</summary>
    public static ApiOutcome<AccessAnswer> ReadAccess(byte[] body) =>
        Parse<AccessAnswer>(body, root =>
            root.TryGetProperty("status", out var status) && status.TryGetProperty("allowed", out var allowed)
                ? new AccessAnswer(allowed.ValueKind == JsonValueKind.True)
                : Unreadable("the answer is no review"));

    /// <summary>One object, or why it makes no sense.</summary>
    public static bool TryRead<T>(
        JsonElement json, [NotNullWhen(true)] out T? value, [NotNullWhen(false)] out UnreadableObject? problem)
        where T : KubernetesObject
    {
        (value, problem) = (null, null);
        try
        {
            value = json.Deserialize<T>(ApiJson.Options);
        }
        catch (JsonException e)
        {
            problem = Problem(json, Text(e));
        }

        if (value is null)
            problem ??= Problem(json, "is null");
        return value is not null;
    }

    /// <summary>A text at a path; null where there is none.</summary>
    public static string? Text(JsonElement json, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty(name, out json))
                return null;
        }

        return json.ValueKind == JsonValueKind.String ? json.GetString() : null;
    }

    private static ObjectList<T> ReadItems<T>(JsonElement items, Func<T, T>? keep)
        where T : KubernetesObject
    {
        var values = ImmutableArray.CreateBuilder<T>();
        var problems = ImmutableArray.CreateBuilder<UnreadableObject>();

        // An empty list of a program in Go may be null.
        foreach (var item in items.ValueKind == JsonValueKind.Array ? items.EnumerateArray() : default)
        {
            if (TryRead<T>(item, out var value, out var problem))
                values.Add(keep is null ? value : keep(value));
            else
                problems.Add(problem);
        }

        return new() { ResourceVersion = "", Items = values.DrainToImmutable(), Unreadable = problems.DrainToImmutable() };
    }

    private static UnreadableObject Problem(JsonElement json, string problem) => new(
        new()
        {
            ApiVersion = Text(json, "apiVersion") ?? "",
            Kind = Text(json, "kind") ?? "",
            Metadata = Metadata(json) ?? new()
            {
                Name = Text(json, "metadata", "name") ?? "",
                Namespace = Text(json, "metadata", "namespace") ?? "",
                Uid = Text(json, "metadata", "uid") ?? "",
                ResourceVersion = Text(json, "metadata", "resourceVersion"),
            },
        },
        problem);

    private static ObjectMeta? Metadata(JsonElement json)
    {
        try
        {
            return json.ValueKind == JsonValueKind.Object && json.TryGetProperty("metadata", out var metadata)
                ? metadata.Deserialize<ObjectMeta>(ApiJson.Options)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The field, where it is known: the rest speaks of types that are no matter of users.</summary>
    private static string Text(JsonException e) =>
        e.Path is null or "$" ? e.Message : $"`{e.Path[2..]}` has a value that is not known here";

    private static ApiOutcome<T> Parse<T>(byte[] body, Func<JsonElement, ApiOutcome<T>> read)
        where T : class
    {
        try
        {
            using var document = Document(new(body));
            return read(document.RootElement);
        }
        catch (JsonException e)
        {
            return Unreadable(e.Message);
        }
    }

    private static ApiFailure Unreadable(string message) => new() { Reason = ApiFailureReason.Unreadable, Message = message };

    private static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
