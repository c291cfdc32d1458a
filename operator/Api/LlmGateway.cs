using Operator.Api.Schema;

namespace Operator.Api;

/// <summary>One LLM gateway: its pods, how they are reached, and who may use them.</summary>
[Resource("LlmGateway", "llmgateways", ShortName = "llmgw")]
[Scale(".spec.replicas", ".status.replicas", ".status.selector")]
[PrinterColumn("READY", """.status.conditions[?(@.type=="Ready")].status""")]
[PrinterColumn("PODS", ".status.readyReplicas", Type = "integer")]
[PrinterColumn("DESIRED", ".spec.replicas", Type = "integer")]
[PrinterColumn("CONFIG", ".status.config.summary")]
[PrinterColumn("ROUTES", ".status.attachedRoutes", Type = "integer")]
[PrinterColumn("KEYS", ".status.attachedKeys", Type = "integer")]
[PrinterColumn("REASON", """.status.conditions[?(@.type=="Ready")].reason""", Priority = 1)]
[PrinterColumn("URL", ".status.url", Priority = 1)]
[PrinterColumn("REVISION", ".status.config.revision", Type = "integer", Priority = 1)]
[CelRule(
    "self.metadata.name.size() <= 50 && self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
    RuleMessages.GatewayName)]
internal sealed record LlmGateway() : Resource<LlmGatewaySpec, LlmGatewayStatus>(KindName)
{
    public const string KindName = "LlmGateway";
}
