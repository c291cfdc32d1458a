namespace Operator.Api;

/// <summary>The API group of the four kinds, and the annotations that the operator reads.</summary>
internal static class ResourceGroup
{
    public const string Name = "llmgateway.dev";

    public const string Version = "v1alpha1";

    public const string ApiVersion = Name + "/" + Version;

    /// <summary>All kinds together: <c>kubectl get llm</c>.</summary>
    public const string Category = "llm";

    /// <summary><c>"true"</c> leaves an object as it is: what was carried last stays, further restrictions still apply.</summary>
    public const string PausedAnnotation = Name + "/paused";

    /// <summary>A new value asks for a rotation of a VirtualKey now.</summary>
    public const string RotateAnnotation = Name + "/rotate";
}
