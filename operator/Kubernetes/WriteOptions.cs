using System.Text.Json.Nodes;

namespace Operator.Kubernetes;

/// <summary>How a body is applied.</summary>
internal sealed record ApplyOptions
{
    /// <summary>Who owns the fields of the body from then on.</summary>
    public required string FieldManager { get; init; }

    /// <summary>Fields that another manager owns are taken over. Default true, as for every controller.</summary>
    public bool Force { get; init; } = true;

    /// <summary><c>status</c>, <c>scale</c>; null: the object itself.</summary>
    public string? Subresource { get; init; }

    /// <summary>Everything is checked, nothing is kept. Default false.</summary>
    public bool DryRun { get; init; }
}

/// <summary>How a patch is made.</summary>
internal sealed record PatchOptions
{
    /// <summary>Who owns the fields of the patch from then on.</summary>
    public required string FieldManager { get; init; }

    /// <summary><c>status</c>, <c>scale</c>; null: the object itself.</summary>
    public string? Subresource { get; init; }

    /// <summary>Everything is checked, nothing is kept. Default false.</summary>
    public bool DryRun { get; init; }
}

/// <summary>Under which conditions and how far an object is deleted.</summary>
internal sealed record DeleteOptions
{
    /// <summary>Only the object with this uid, not another one of the same name; null: whichever is there.</summary>
    public string? Uid { get; init; }

    /// <summary>Only while it is as it was; null: however it is.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>Default: dependents are collected after it.</summary>
    public DeletePropagation Propagation { get; init; } = DeletePropagation.Background;

    /// <summary>https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/delete-options/</summary>
    public JsonObject ToJson()
    {
        var preconditions = new JsonObject();
        if (Uid is not null)
            preconditions["uid"] = Uid;
        if (ResourceVersion is not null)
            preconditions["resourceVersion"] = ResourceVersion;
        return new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "DeleteOptions",
            ["propagationPolicy"] = Propagation.ToString(),
            ["preconditions"] = preconditions,
        };
    }
}

/// <summary>What becomes of the objects that a deleted one owns.</summary>
internal enum DeletePropagation
{
    /// <summary>They are collected afterwards.</summary>
    Background,

    /// <summary>They are collected first.</summary>
    Foreground,

    /// <summary>They stay.</summary>
    Orphan,
}
