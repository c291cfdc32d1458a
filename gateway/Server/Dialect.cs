namespace Gateway.Server;

/// <summary>The API whose shapes are spoken: by a client to us, or by us to an upstream.</summary>
internal enum Dialect
{
    OpenAI,
    Anthropic,
}
