using System.Text.Json.Nodes;

namespace Operator.Kubernetes;

/// <summary>Something that somebody may do or not, as RBAC names it.</summary>
/// <param name="Verb">https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb</param>
/// <param name="Group">API group; empty: the core.</param>
/// <param name="Resource">Plural name, with its subresource where one is meant.</param>
/// <param name="Namespace">Empty: in all of them, or in the cluster as a whole.</param>
/// <param name="Name">Of one object; empty: any.</param>
internal sealed record AccessQuestion(string Verb, string Group, string Resource, string Namespace, string Name)
{
    /// <summary>https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/self-subject-access-review-v1/</summary>
    public JsonObject ToReview()
    {
        var resource = Resource.Split('/');
        return new()
        {
            ["apiVersion"] = "authorization.k8s.io/v1",
            ["kind"] = "SelfSubjectAccessReview",
            ["spec"] = new JsonObject
            {
                ["resourceAttributes"] = new JsonObject
                {
                    ["verb"] = Verb,
                    ["group"] = Group,
                    ["resource"] = resource[0],
                    ["subresource"] = resource.ElementAtOrDefault(1) ?? "",
                    ["namespace"] = Namespace,
                    ["name"] = Name,
                },
            },
        };
    }
}

/// <summary>What the API server says to an <see cref="AccessQuestion"/>.</summary>
/// <param name="IsAllowed">Whether the caller may.</param>
internal sealed record AccessAnswer(bool IsAllowed);
