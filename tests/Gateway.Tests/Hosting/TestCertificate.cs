using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Server.Hosting;

namespace Gateway.Tests.Hosting;

/// <summary>A self-signed certificate for 127.0.0.1 in PEM files, as a mounted Secret holds one.</summary>
internal sealed class TestCertificate
{
    private readonly string _certificatePem;

    public TestCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        var request = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names.Build());
        var now = DateTimeOffset.UtcNow;
        using var certificate = request.CreateSelfSigned(now.AddMinutes(-5), now.AddHours(1));
        _certificatePem = certificate.ExportCertificatePem();
        KeyPem = key.ExportPkcs8PrivateKeyPem();
        Pin = certificate.GetCertHashString(HashAlgorithmName.SHA256);
    }

    /// <summary>What a client that trusts this one compares with.</summary>
    public string Pin { get; }

    public string KeyPem { get; }

    public PemFiles WriteTo(DirectoryInfo folder)
    {
        var files = new PemFiles(Path.Combine(folder.FullName, "tls.crt"), Path.Combine(folder.FullName, "tls.key"));
        File.WriteAllText(files.Certificate, _certificatePem);
        File.WriteAllText(files.Key, KeyPem);
        return files;
    }

    /// <summary>A client of the pins, as the operator is: a new handshake for each request.</summary>
    public static SocketsHttpHandler Pinning(params string[] pins) => new()
    {
        UseProxy = false,
        PooledConnectionLifetime = TimeSpan.Zero,
        SslOptions = new()
        {
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                certificate is not null && pins.Contains(certificate.GetCertHashString(HashAlgorithmName.SHA256)),
        },
    };
}
