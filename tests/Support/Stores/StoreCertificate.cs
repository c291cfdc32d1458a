using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Support.Stores;

/// <summary>A certificate for 127.0.0.1, its own authority, as PEM files.</summary>
public sealed class StoreCertificate : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("store-tls-");

    /// <summary>Writes a new one.</summary>
    public StoreCertificate(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=store", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>The certificate, which is the authority too.</summary>
    public string CertificateFile => Path.Combine(_folder.FullName, "tls.crt");

    /// <summary>Its key.</summary>
    public string KeyFile => Path.Combine(_folder.FullName, "tls.key");

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);
}
