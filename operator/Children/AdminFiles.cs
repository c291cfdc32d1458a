using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Operator.Api;

namespace Operator.Children;

/// <summary>
/// What the Secret of the admin port holds: gateways read the certificate and the tokens, the operator all of it, so that it knows its
/// gateways again after a restart. While one of them rotates, the former one still counts.
/// </summary>
internal sealed record AdminFiles
{
    public const string CertificateKey = "certificate.pem";

    public const string TokensKey = "tokens";

    public const string FormerPinsKey = "former-pins";

    public const string StoresSaltKey = "stores-salt";

    /// <summary>The certificate that gateways present, with its key, as PEM.</summary>
    public required string CertificatePem { get; init; }

    /// <summary>Bearer tokens, the newest first; all of them are valid.</summary>
    public required ImmutableArray<string> Tokens { get; init; }

    /// <summary>SHA-256, in hexadecimal, of certificates that gateways may still present until they have read the new one.</summary>
    public ImmutableArray<string> FormerPins { get; init; } = [];

    /// <summary>Keys <see cref="StoreSecrets.Fingerprint"/>. Never rotates: pods roll when the fingerprint changes.</summary>
    public required string StoresSalt { get; init; }

    /// <summary>What a Secret holds; null where certificate, tokens or salt are missing.</summary>
    public static AdminFiles? Read(Secret secret) =>
        secret.Read(CertificateKey) is { Length: > 0 } pem
        && Lines(secret.Read(TokensKey)) is { IsEmpty: false } tokens
        && secret.Read(StoresSaltKey) is { Length: > 0 } salt
            ? new() { CertificatePem = pem, Tokens = tokens, FormerPins = Lines(secret.Read(FormerPinsKey)), StoresSalt = salt }
            : null;

    /// <summary>The Secret; null while nobody knows what is in it.</summary>
    public static Child? Of(ChildrenInputs inputs)
    {
        if (inputs.Admin is not { } files)
            return null;
        var content = new JsonObject
        {
            ["type"] = "Opaque",
            ["data"] = new JsonObject
            {
                [CertificateKey] = Base64(files.CertificatePem),
                [TokensKey] = Base64(Text(files.Tokens)),
                [FormerPinsKey] = files.FormerPins.IsEmpty ? null : Base64(Text(files.FormerPins)),
                [StoresSaltKey] = Base64(files.StoresSalt),
            },
        };
        return ManifestJson.Child(inputs.Gateway, IdOf(inputs.Gateway), content);
    }

    public static ChildId IdOf(LlmGateway gateway) => new(ChildKind.Secret, ChildNames.Admin(gateway.Metadata.Name));

    /// <summary>Nothing of the key and the tokens.</summary>
    public override string ToString() => "AdminFiles";

    private static ImmutableArray<string> Lines(string? text) =>
        [.. (text ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    private static string Text(ImmutableArray<string> lines) => string.Concat(lines.Select(l => l + "\n"));

    private static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));
}
