using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Operator.Push;

/// <summary>
/// How the operator and the gateways of one LlmGateway know each other. While one rotates there are two of a kind, the newest first.
/// </summary>
internal sealed record AdminAccess
{
    /// <summary>Bearer tokens; one that is refused makes room for the next.</summary>
    public required ImmutableArray<string> Tokens { get; init; }

    /// <summary>SHA-256 of the certificates that a gateway may present.</summary>
    public required ImmutableArray<ImmutableArray<byte>> Pins { get; init; }

    /// <summary>
    /// Whether a certificate (its DER form) is one of ours. Nothing else about it matters: name, issuer and dates are our own.
    /// </summary>
    public bool Trusts(ReadOnlySpan<byte> certificate)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(certificate, hash);
        var trusted = false;
        foreach (var pin in Pins)
            trusted |= CryptographicOperations.FixedTimeEquals(hash, pin.AsSpan());
        return trusted;
    }

    /// <summary>Nothing of the tokens.</summary>
    public override string ToString() => "AdminAccess";
}
