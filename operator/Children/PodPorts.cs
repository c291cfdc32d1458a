namespace Operator.Children;

/// <summary>The ports of a gateway's pod.</summary>
internal static class PodPorts
{
    public const string DataName = "data";

    public const string MetricsName = "metrics";

    public const int Data = 4000;

    public const int Admin = 4001;

    public const int Metrics = 4002;
}
