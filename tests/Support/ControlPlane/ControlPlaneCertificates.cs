using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Support.ControlPlane;

/// <summary>
/// What a control plane proves itself with, and an administrator to it: made anew for each, written as PEM into its folder.
/// </summary>
internal sealed class ControlPlaneCertificates : IDisposable
{
    private readonly string _folder;

    private ControlPlaneCertificates(string folder, X509Certificate2 authority, X509Certificate2 admin)
    {
        _folder = folder;
        Authority = authority;
        Admin = admin;
    }

    /// <summary>Signs the others.</summary>
    public X509Certificate2 Authority { get; }

    /// <summary>A client of the group system:masters.</summary>
    public X509Certificate2 Admin { get; }

    public static ControlPlaneCertificates Create(string folder)
    {
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test-authority", authorityKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        var now = TimeProvider.System.GetUtcNow();
        var authority = request.CreateSelfSigned(now.AddHours(-1), now.AddDays(1));
        File.WriteAllText(Path.Combine(folder, "ca.crt"), authority.ExportCertificatePem());

        using var serving = Issue(folder, "serving", "CN=kube-apiserver", authority, "1.3.6.1.5.5.7.3.1");
        var admin = Issue(folder, "admin", "CN=admin, O=system:masters", authority, "1.3.6.1.5.5.7.3.2");
        using var accounts = RSA.Create(2048);
        File.WriteAllText(Path.Combine(folder, "accounts.key"), accounts.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(Path.Combine(folder, "accounts.pub"), accounts.ExportSubjectPublicKeyInfoPem());
        return new(folder, authority, admin);
    }

    /// <summary>Makes a client that the API server knows by this name and these groups: NAME.crt and NAME.key in the folder.</summary>
    public void IssueClient(string file, string user, params IEnumerable<string> groups)
    {
        var subject = string.Join(", ", groups.Select(g => $"O={g}").Prepend($"CN={user}"));
        using var client = Issue(_folder, file, subject, Authority, "1.3.6.1.5.5.7.3.2");
    }

    /// <summary>Of a file that was written into the folder.</summary>
    public string PathOf(string file) => Path.Combine(_folder, file);

    public void Dispose()
    {
        Authority.Dispose();
        Admin.Dispose();
    }

    private static X509Certificate2 Issue(string folder, string name, string subject, X509Certificate2 authority, string usage)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        using var signed = request.Create(authority, new(authority.NotBefore), new(authority.NotAfter), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(Path.Combine(folder, $"{name}.crt"), signed.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, $"{name}.key"), key.ExportPkcs8PrivateKeyPem());
        return signed.CopyWithPrivateKey(key);
    }
}
