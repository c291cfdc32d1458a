namespace Operator.Standalone.Manifests;

/// <summary>One thing that is wrong with a manifest, where a person looks for it.</summary>
internal sealed record ManifestProblem
{
    /// <summary>The file.</summary>
    public required string File { get; init; }

    /// <summary>The line, from 1.</summary>
    public int Line { get; init; } = 1;

    /// <summary>The object, as <c>ModelRoute default/chat</c>; empty where it is the file as a whole.</summary>
    public string Object { get; init; } = "";

    /// <summary>Path of the field; empty where it is the object as a whole.</summary>
    public string Field { get; init; } = "";

    /// <summary>What is wrong.</summary>
    public required string Message { get; init; }

    /// <summary>True where everything works nevertheless.</summary>
    public bool IsWarning { get; init; }

    /// <summary>In the form that compilers have given errors, so that editors can jump there.</summary>
    public override string ToString()
    {
        var parts = new[] { IsWarning ? "warning" : "", Object, Field, Message };
        return $"{File}:{Line}: {string.Join(": ", parts.Where(p => p.Length > 0))}";
    }
}
