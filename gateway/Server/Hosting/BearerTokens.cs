using System.Security.Cryptography;
using System.Text;

namespace Gateway.Server.Hosting;

/// <summary>The tokens of the admin port, one a line, all of them valid: two while one rotates.</summary>
internal sealed class BearerTokens(FileText file)
{
    private const string Scheme = "Bearer ";

    /// <summary>Compares hashes of equal length with all tokens, so that the time taken tells nothing about them.</summary>
    public bool Accept(string? authorization)
    {
        if (authorization is null || !authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return false;
        var presented = Hash(authorization.AsSpan(Scheme.Length).Trim());
        var accepted = false;
        foreach (var line in (file.Read() ?? "").AsSpan().EnumerateLines())
        {
            var token = line.Trim();
            if (!token.IsEmpty)
                accepted |= CryptographicOperations.FixedTimeEquals(presented, Hash(token));
        }

        return accepted;
    }

    private static byte[] Hash(ReadOnlySpan<char> token) => SHA256.HashData(Encoding.UTF8.GetBytes(token.ToArray()));
}
