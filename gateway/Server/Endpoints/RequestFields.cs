namespace Gateway.Server.Endpoints;

/// <summary>
/// What we read of a request's body, and where it stands there; everything else goes through untouched.
/// </summary>
internal sealed record RequestFields
{
    /// <summary>Null only where the path names the model.</summary>
    public string? Model { get; init; }

    public bool Stream { get; init; }

    /// <summary><c>stream_options.include_usage</c>; null where it is not given.</summary>
    public bool? IncludeUsage { get; init; }

    /// <summary>The request's own limit on each answer, by whichever name the API gives it.</summary>
    public long? MaxOutputTokens { get; init; }

    /// <summary>Answers asked for; default 1.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Prompts in one call of the completions API, each answered by itself; default 1.</summary>
    public int PromptCount { get; init; } = 1;

    /// <summary>
    /// <c>user</c>, else what OpenAI has in its place, <c>safety_identifier</c>; the Messages API's <c>metadata.user_id</c>.
    /// </summary>
    public string? EndUser { get; init; }

    /// <summary><c>service_tier</c>, or the Messages API's <c>speed</c>, where it asks for another than the standard one.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>Bytes of text, as they stand in the JSON.</summary>
    public long TextBytes { get; init; }

    /// <summary>Images, documents and sounds.</summary>
    public int Images { get; init; }

    /// <summary>Whether <c>cache_control</c> occurs: parts of the prompt may be priced as cache writes.</summary>
    public bool WritesCache { get; init; }

    /// <summary>Name of a field that would let the provider choose another model, when there is one.</summary>
    public string? ForeignRouting { get; init; }

    public required FieldPositions Positions { get; init; }
}

/// <summary>Places in the body, in bytes from its start.</summary>
internal record struct FieldPositions
{
    /// <summary>Just behind the opening brace.</summary>
    public int BodyStart { get; set; }

    /// <summary>The value of <c>model</c>, quotes included.</summary>
    public Range? Model { get; set; }

    /// <summary>The value of <c>stream_options</c>.</summary>
    public Range? StreamOptions { get; set; }

    /// <summary>The value of <c>include_usage</c> in it.</summary>
    public Range? IncludeUsage { get; set; }

    /// <summary>True where <c>stream_options</c> is an object without members, or null.</summary>
    public bool StreamOptionsIsEmpty { get; set; }
}
