namespace Support.ApiServer;

/// <summary>What a path of the API names. https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris</summary>
internal sealed record ApiPath(string ApiVersion, string Namespace, string Plural, string Name, string Subresource)
{
    public static ApiPath? Parse(string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString).ToArray();
        return parts switch
        {
            ["api", var version, .. var rest] => Parse(version, rest),
            ["apis", var group, var version, .. var rest] => Parse($"{group}/{version}", rest),
            _ => null,
        };
    }

    private static ApiPath? Parse(string apiVersion, string[] rest) => rest switch
    {
        ["namespaces", var ns, "status"] => new(apiVersion, "", "namespaces", ns, "status"),
        ["namespaces", var ns, var plural] => new(apiVersion, ns, plural, "", ""),
        ["namespaces", var ns, var plural, var name] => new(apiVersion, ns, plural, name, ""),
        ["namespaces", var ns, var plural, var name, var sub] => new(apiVersion, ns, plural, name, sub),
        [var plural] => new(apiVersion, "", plural, "", ""),
        [var plural, var name] => new(apiVersion, "", plural, name, ""),
        [var plural, var name, var sub] => new(apiVersion, "", plural, name, sub),
        _ => null,
    };
}
