using Operator.Api;

namespace Operator.Translate;

/// <summary>Label selectors over what was gathered.</summary>
internal static class Selection
{
    /// <summary>A namespace whose labels are not known is selected by nothing.</summary>
    public static bool Namespace(LabelSelector selector, string name, Workbook work) =>
        work.Inputs.Namespaces.FirstOrDefault(n => n.Metadata.Name == name) is { } found && selector.Matches(found.Metadata.Labels);
}
