namespace Gateway.Server;

/// <summary>What is asked of a model.</summary>
internal enum Operation
{
    /// <summary>https://platform.openai.com/docs/api-reference/chat</summary>
    ChatCompletions,

    /// <summary>https://platform.openai.com/docs/api-reference/completions</summary>
    Completions,

    /// <summary>https://platform.openai.com/docs/api-reference/embeddings</summary>
    Embeddings,

    /// <summary>https://platform.openai.com/docs/api-reference/responses</summary>
    Responses,

    /// <summary>https://docs.anthropic.com/en/api/messages</summary>
    Messages,

    /// <summary>https://docs.anthropic.com/en/api/messages-count-tokens</summary>
    CountTokens,
}

internal static class Operations
{
    public static Dialect Dialect(this Operation operation) =>
        operation is Operation.Messages or Operation.CountTokens ? Server.Dialect.Anthropic : Server.Dialect.OpenAI;
}
