using System.Text;
using Gateway.Contract;
using Gateway.Server.Config;
using Gateway.Server.Errors;

namespace Gateway.Server.Auth;

/// <summary>Whose call it is, where that is known, and why it goes no further.</summary>
internal readonly record struct AuthOutcome(KeyModel? Caller, GatewayError? Error);

/// <summary>From what a request presents to the key that it stands for. Memory only: a hash and a look-up in the model.</summary>
internal static class Authenticator
{
    /// <summary>Longer texts are no keys; hashing them would only cost.</summary>
    private const int MaxKeyLength = 512;

    private static readonly string[] s_headers =
        ["x-api-key", "api-key", "x-goog-api-key", "x-litellm-api-key", "Ocp-Apim-Subscription-Key"];

    /// <summary>The first of the presented texts that is a known key decides, also when it is blocked or expired.</summary>
    public static AuthOutcome Authenticate(HttpRequest request, GatewayModel model, DateTimeOffset now)
    {
        if (Try(Bearer(request.Headers.Authorization), model, now) is { } outcome)
            return outcome;
        foreach (var header in s_headers)
        {
            if (Try(request.Headers[header].ToString(), model, now) is { } other)
                return other;
        }

        if (request.QueryString.HasValue && Try(request.Query["key"].ToString(), model, now) is { } last)
            return last;
        return new(null, new(
            ErrorKind.InvalidApiKey, "No valid API key was provided. Send a virtual key as `Authorization: Bearer sk-…` or `x-api-key`."));
    }

    private static AuthOutcome? Try(string? text, GatewayModel model, DateTimeOffset now)
    {
        if (string.IsNullOrEmpty(text) || text.Length > MaxKeyLength)
            return null;
        Span<byte> utf8 = stackalloc byte[MaxKeyLength * 3];
        var length = Encoding.UTF8.GetBytes(text, utf8);
        return model.FindKey(KeyDigest.Of(utf8[..length])) is { } accepted ? Judge(accepted, now) : null;
    }

    private static AuthOutcome Judge(AcceptedKey accepted, DateTimeOffset now)
    {
        var key = accepted.Key;
        if (key.State == KeyState.Blocked)
            return new(key, new(ErrorKind.BlockedKey, $"The key {key.KeyId} is blocked."));
        if (key.ExpirationTime <= now)
            return new(key, new(ErrorKind.ExpiredKey, $"The key {key.KeyId} expired at {key.ExpirationTime:u}."));
        if (accepted.ExpirationTime <= now)
            return new(key, new(
                ErrorKind.ExpiredKey, $"The key {key.KeyId} was rotated and this form of it expired at {accepted.ExpirationTime:u}."));
        return new(key, null);
    }

    private static string? Bearer(string? authorization)
    {
        const string Scheme = "Bearer ";
        return authorization?.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) == true ? authorization[Scheme.Length..].Trim() : null;
    }
}
