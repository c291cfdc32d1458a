namespace Operator.Kubernetes;

/// <summary>One request to the API server, in the terms of client-go's <c>rest_client_requests_total</c>.</summary>
/// <param name="Code">The HTTP status; <c>&lt;error&gt;</c> where no answer came, the caller's own cancellation included.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Host">The server's host, and its port where that is not the scheme's own.</param>
internal readonly record struct ApiAttempt(string Code, string Method, string Host);
