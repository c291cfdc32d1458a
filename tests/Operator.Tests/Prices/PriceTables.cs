namespace Operator.Tests.Prices;

/// <summary>Price files for tests.</summary>
internal static class PriceTables
{
    /// <summary>OpenAI's model <c>m</c> with the given rates, as lines indented by six.</summary>
    public static string OneRow(string rates, string aliases = "[]", string asOf = "2026-01-01") => $"""
        providers:
          - name: OpenAI
            provider: OpenAI
            models:
            - model: m
              aliases: {aliases}
              {rates}
              source: https://example.com/pricing
              asOf: {asOf}
        """;
}
