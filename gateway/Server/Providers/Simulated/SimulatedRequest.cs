namespace Gateway.Server.Providers.Simulated;

/// <summary>The fields of a request that shape its answer, whatever the dialect calls them.</summary>
internal sealed record SimulatedRequest
{
    public required SimulatedEndpoint Endpoint { get; init; }

    public required string Model { get; init; }

    public bool Stream { get; init; }

    /// <summary><c>stream_options.include_usage</c>.</summary>
    public bool IncludeUsage { get; init; }

    /// <summary><c>n</c>.</summary>
    public int Choices { get; init; } = 1;

    /// <summary>The lowest of <c>max_tokens</c>, <c>max_completion_tokens</c> and <c>max_output_tokens</c>.</summary>
    public int? MaxTokens { get; init; }

    public string? ServiceTier { get; init; }

    /// <summary>How many embeddings are wanted.</summary>
    public int Inputs { get; init; } = 1;

    /// <summary>Of an embedding.</summary>
    public int Dimensions { get; init; } = 1536;

    /// <summary><c>encoding_format: base64</c>.</summary>
    public bool Base64 { get; init; }

    /// <summary>A quarter of the prompt's UTF-8 bytes, and a flat count for each image or file.</summary>
    public int PromptTokens { get; init; }

    /// <summary>The last message brings a tool's result: the time for text, not for another call.</summary>
    public bool EndsWithToolResult { get; init; }

    /// <summary>The tool to call; null: none is offered, or <c>tool_choice</c> is <c>none</c>, or the config wants no calls.</summary>
    public SimulatedToolCall? Tool { get; init; }
}

/// <summary>A call of the first tool that a request offers.</summary>
/// <param name="Name">The tool.</param>
/// <param name="Arguments">JSON text that fits the required properties of the tool's schema.</param>
internal sealed record SimulatedToolCall(string Name, string Arguments);

/// <summary>Why a request is malformed, in words that either dialect can wrap.</summary>
internal sealed record SimulatedRefusal(string Message, string? Param = null);
