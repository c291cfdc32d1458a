using System.Text.Json.Nodes;

namespace Support.ApiServer;

/// <summary>A refusal, as the server puts it.</summary>
internal sealed class ApiProblem(int code, string reason, string message) : Exception(message)
{
    public int Code { get; } = code;

    public string Reason { get; } = reason;

    /// <summary>Plural of the kind and name of the object, where it is about one.</summary>
    public (ApiKind Kind, string Name)? About { get; init; }

    public static ApiProblem NotFound(ApiKind kind, string name) =>
        new(404, "NotFound", $"{Full(kind)} \"{name}\" not found") { About = (kind, name) };

    public static ApiProblem Exists(ApiKind kind, string name) =>
        new(409, "AlreadyExists", $"{Full(kind)} \"{name}\" already exists") { About = (kind, name) };

    public static ApiProblem Conflict(ApiKind kind, string name, string why) =>
        new(409, "Conflict", $"Operation cannot be fulfilled on {Full(kind)} \"{name}\": {why}") { About = (kind, name) };

    public static ApiProblem Immutable(ApiKind kind, string name, string field) =>
        new(422, "Invalid", $"{Full(kind)} \"{name}\" is invalid: {field}: field is immutable") { About = (kind, name) };

    public static ApiProblem Gone() => new(410, "Expired", "The resourceVersion for the provided watch or list is too old.");

    public static ApiProblem Bad(string message) => new(400, "BadRequest", message);

    public JsonObject ToStatus()
    {
        var status = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] = Message,
            ["reason"] = Reason,
            ["code"] = Code,
        };
        if (About is var (kind, name))
            status["details"] = new JsonObject { ["name"] = name, ["group"] = kind.Group, ["kind"] = kind.Plural };
        return status;
    }

    private static string Full(ApiKind kind) => kind.Group.Length == 0 ? kind.Plural : $"{kind.Plural}.{kind.Group}";
}
