namespace Operator.Api.Schema;

/// <summary>Names of a custom resource, for its CustomResourceDefinition.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ResourceAttribute(string kind, string plural) : Attribute
{
    /// <summary>The kind.</summary>
    public string Kind { get; } = kind;

    /// <summary>As in the URL.</summary>
    public string Plural { get; } = plural;

    /// <summary>For <c>kubectl get</c>.</summary>
    public required string ShortName { get; init; }
}

/// <summary>A column that <c>kubectl get</c> prints. Columns stand in the order of their attributes; AGE follows by itself.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
internal sealed class PrinterColumnAttribute(string name, string jsonPath) : Attribute
{
    /// <summary>The heading.</summary>
    public string Name { get; } = name;

    /// <summary>Where the value stands.</summary>
    public string JsonPath { get; } = jsonPath;

    /// <summary><c>string</c> (default) or <c>integer</c>. Never <c>date</c>, which prints a future time as invalid.</summary>
    public string Type { get; init; } = "string";

    /// <summary>1: only with <c>-o wide</c>.</summary>
    public int Priority { get; init; }
}

/// <summary>The scale subresource.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ScaleAttribute(string specReplicasPath, string statusReplicasPath, string labelSelectorPath) : Attribute
{
    /// <summary>Wanted replicas.</summary>
    public string SpecReplicasPath { get; } = specReplicasPath;

    /// <summary>Replicas that are there.</summary>
    public string StatusReplicasPath { get; } = statusReplicasPath;

    /// <summary>Selector of the pods, which a HorizontalPodAutoscaler reads.</summary>
    public string LabelSelectorPath { get; } = labelSelectorPath;
}

/// <summary>A field that <c>--field-selector</c> takes.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
internal sealed class SelectableFieldAttribute(string jsonPath) : Attribute
{
    /// <summary>Where it stands.</summary>
    public string JsonPath { get; } = jsonPath;
}
