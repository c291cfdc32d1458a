using System.Text;
using Operator.Api.Schema;

namespace Operator.Translate.Checks;

/// <summary>Paths of fields as users write them.</summary>
internal static class FieldPath
{
    /// <summary>Turns <c>Spec.Targets[0].BaseUrl</c> into <c>spec.targets[0].baseURL</c>, by the names that the schema gives.</summary>
    public static string Of(Type type, string propertyPath)
    {
        var node = SchemaReader.Read(type);
        var path = new StringBuilder();
        foreach (var part in propertyPath.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            var bracket = part.IndexOf('[', StringComparison.Ordinal);
            var name = bracket < 0 ? part : part[..bracket];
            var member = node.Members.FirstOrDefault(m => m.PropertyName == name)
                ?? throw new ArgumentException($"{node.ClrType.Name} has no property {name}", nameof(propertyPath));
            path.Append(path.Length == 0 ? "" : ".").Append(member.Name).Append(bracket < 0 ? "" : part[bracket..]);
            node = bracket < 0 || member.Node.Item is null ? member.Node : member.Node.Item;
        }

        return path.ToString();
    }

    /// <summary>
    /// What the contract calls <c>targets[0].baseURL</c> is <c>spec.targets[0].baseURL</c>; only metadata stands beside the spec.
    /// </summary>
    public static string OfContract(string field) =>
        field.Length == 0 || field.StartsWith("metadata.", StringComparison.Ordinal) ? field : $"spec.{field}";
}
