using Gateway.Contract;
using Gateway.Server.Providers.Anthropic;
using Gateway.Server.Providers.OpenAI;

namespace Gateway.Server.Providers;

/// <summary>Who can answer what: an ordered list, the first row that fits is taken.</summary>
internal static class ProviderMatrix
{
    private static readonly Row[] s_rows =
    [
        new(
            [Operation.ChatCompletions, Operation.Completions],
            [Provider.OpenAI, Provider.OpenAICompatible, Provider.Simulated],
            new OpenAICompletionsDialect()),
        new([Operation.Embeddings], [Provider.OpenAI, Provider.OpenAICompatible, Provider.Simulated], new OpenAIEmbeddingsDialect()),
        new([Operation.Responses], [Provider.OpenAI, Provider.OpenAICompatible, Provider.Simulated], new OpenAIResponsesDialect()),
        new([Operation.Messages, Operation.CountTokens], [Provider.Anthropic, Provider.Simulated], new AnthropicDialect()),
    ];

    /// <summary>Null where no translation exists.</summary>
    public static IProviderDialect? Find(Operation operation, Provider provider)
    {
        foreach (var row in s_rows)
        {
            if (row.Operations.Contains(operation) && row.Providers.Contains(provider))
                return row.Dialect;
        }

        return null;
    }

    private sealed record Row(Operation[] Operations, Provider[] Providers, IProviderDialect Dialect);
}
