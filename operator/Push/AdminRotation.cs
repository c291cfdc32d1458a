using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Operator.Children;

namespace Operator.Push;

/// <summary>
/// The life of a gateway's admin certificate and token. Both are replaced together; the former ones count for another day, longer than any
/// pod takes to read its files again.
/// </summary>
internal static class AdminRotation
{
    private const int TokenBytes = 32;

    private static readonly TimeSpan s_period = TimeSpan.FromDays(180);

    private static readonly TimeSpan s_overlap = TimeSpan.FromDays(1);

    /// <summary>What should be in the Secret now; the same instance where nothing changes.</summary>
    /// <param name="files">What is in it; null: nothing that could be used.</param>
    /// <param name="gateway">Name of the LlmGateway.</param>
    /// <param name="now">The moment.</param>
    public static AdminFiles Advance(AdminFiles? files, string gateway, DateTimeOffset now)
    {
        if (files is null || IssuedTime(files) is not { } issued)
            return New(gateway, now);
        if (now - issued >= s_period)
        {
            return New(gateway, now) is var made && AdminCertificate.Parse(files.CertificatePem).Pin is var pin
                ? made with
                {
                    Tokens = [made.Tokens[0], files.Tokens[0]],
                    FormerPins = [Convert.ToHexStringLower(pin.AsSpan())],
                    StoresSalt = files.StoresSalt,
                }
                : made;
        }

        var isOver = now - issued >= s_overlap && (files.Tokens.Length > 1 || !files.FormerPins.IsEmpty);
        return isOver ? files with { Tokens = [files.Tokens[0]], FormerPins = [] } : files;
    }

    /// <summary>False where somebody has edited the certificate to what is none, or a token to what no header can carry.</summary>
    public static bool IsUsable(AdminFiles files) =>
        IssuedTime(files) is not null && files.Tokens.All(t => t.All(c => c is > ' ' and <= '~'));

    /// <summary>How the operator reaches the gateways that have these files.</summary>
    public static AdminAccess Access(AdminFiles files) => new()
    {
        Tokens = files.Tokens,
        Pins = [AdminCertificate.Parse(files.CertificatePem).Pin, .. files.FormerPins.Select(Pin).Where(p => !p.IsEmpty)],
    };

    private static AdminFiles New(string gateway, DateTimeOffset now) => new()
    {
        CertificatePem = AdminCertificate.Issue(gateway, now).Pem,
        Tokens = [RandomNumberGenerator.GetHexString(2 * TokenBytes, lowercase: true)],
        StoresSalt = RandomNumberGenerator.GetHexString(2 * TokenBytes, lowercase: true),
    };

    /// <summary>Null where the text is no certificate with its key.</summary>
    private static DateTimeOffset? IssuedTime(AdminFiles files)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(files.CertificatePem, files.CertificatePem);
            return AdminCertificate.IssuedTime(certificate);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    private static ImmutableArray<byte> Pin(string text) =>
        text.Length == 2 * SHA256.HashSizeInBytes && text.All(char.IsAsciiHexDigit) ? [.. Convert.FromHexString(text)] : [];
}
