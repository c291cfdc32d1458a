namespace Support.FakeProviders;

/// <summary>A tool call in an answer, of either dialect.</summary>
/// <param name="Name">The function.</param>
/// <param name="Arguments">JSON text of its arguments.</param>
/// <param name="Id">As the provider made it.</param>
public sealed record ToolCall(string Name, string Arguments = """{"city":"Paris"}""", string Id = "call_1");
