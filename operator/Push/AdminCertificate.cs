using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Operator.Push;

/// <summary>A certificate for the admin port, issued by itself: the operator pins it, so no authority is needed.</summary>
internal sealed record AdminCertificate
{
    /// <summary>Longer than any gateway lives without a rotation.</summary>
    private const int ValidDays = 3650;

    private static readonly TimeSpan s_slack = TimeSpan.FromDays(1);

    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>The certificate and its key (ECDSA P-256, PKCS #8) in one PEM text. Secret.</summary>
    public required string Pem { get; init; }

    /// <summary>SHA-256 of the certificate.</summary>
    public required ImmutableArray<byte> Pin { get; init; }

    /// <summary>A new one. Valid from a day before <paramref name="now"/>, because clocks differ.</summary>
    public static AdminCertificate Issue(string gateway, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName($"CN={gateway}"), key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(
            new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication)], critical: false));
        using var certificate = request.CreateSelfSigned(now - s_slack, now.AddDays(ValidDays));
        return Of(certificate, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    /// <summary>When <see cref="Issue"/> made it.</summary>
    public static DateTimeOffset IssuedTime(X509Certificate2 certificate) => new DateTimeOffset(certificate.NotBefore) + s_slack;

    /// <summary>One that was issued before. Throws <see cref="CryptographicException"/> where the text is none.</summary>
    public static AdminCertificate Parse(string pem)
    {
        using var certificate = X509Certificate2.CreateFromPem(pem, pem);
        return Of(certificate, pem);
    }

    /// <summary>Nothing of the key.</summary>
    public override string ToString() => $"AdminCertificate {Convert.ToHexStringLower(Pin.AsSpan())}";

    private static AdminCertificate Of(X509Certificate2 certificate, string pem) =>
        new() { Pem = pem, Pin = [.. SHA256.HashData(certificate.RawDataMemory.Span)] };
}
