namespace Operator.Standalone.Manifests;

/// <summary>One file of the folder, as it was read.</summary>
/// <param name="Path">As the user would write it.</param>
/// <param name="Text">Null where it could not be read.</param>
/// <param name="Error">Why.</param>
internal sealed record ManifestFile(string Path, string? Text, string Error = "");
