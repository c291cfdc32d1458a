namespace Support.ControlPlane;

/// <summary>
/// The programs of a control plane, where envtest keeps them: in the folder that KUBEBUILDER_ASSETS names, else in
/// /usr/local/kubebuilder/bin. https://book.kubebuilder.io/reference/envtest
/// </summary>
public static class ControlPlaneBinaries
{
    private const string DefaultFolder = "/usr/local/kubebuilder/bin";

    /// <summary>Where they are looked for.</summary>
    public static string Folder { get; } =
        Environment.GetEnvironmentVariable("KUBEBUILDER_ASSETS") is { Length: > 0 } folder ? folder : DefaultFolder;

    /// <summary>Why no control plane can be started; null where one can.</summary>
    public static string? Missing { get; } = new[] { "etcd", "kube-apiserver" }.All(n => File.Exists(Of(n)))
        ? null
        : $"no etcd and kube-apiserver in {Folder}; KUBEBUILDER_ASSETS names another folder";

    /// <summary>Why no controllers can be started beside a control plane; null where they can.</summary>
    public static string? MissingControllers { get; } = Missing ?? (File.Exists(Of("kube-controller-manager"))
        ? null
        : $"no kube-controller-manager in {Folder}; KUBEBUILDER_ASSETS names another folder");

    /// <summary>The path of one program, whether it is there or not.</summary>
    public static string Of(string name) => Path.Combine(Folder, name);
}
