using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Operator.Push;

namespace Operator.Tests.Push;

public sealed class AdminCertificateTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Issue_Certificate_IsForServersOnAP256KeyAndNoAuthority()
    {
        var issued = AdminCertificate.Issue("main", s_now);
        using var certificate = X509Certificate2.CreateFromPem(issued.Pem, issued.Pem);

        using var key = certificate.GetECDsaPrivateKey();
        key!.KeySize.ShouldBe(256);
        certificate.NotBefore.ToUniversalTime().ShouldBeLessThan(s_now.UtcDateTime);
        certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority.ShouldBeFalse();
        certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages[0].Value.ShouldBe("1.3.6.1.5.5.7.3.1");
    }

    [Fact]
    public void Parse_WhatWasIssued_HasTheSamePin()
    {
        var issued = AdminCertificate.Issue("main", s_now);

        AdminCertificate.Parse(issued.Pem).Pin.ShouldBe(issued.Pin);
        AdminCertificate.Issue("main", s_now).Pin.ShouldNotBe(issued.Pin);
    }

    [Fact]
    public void Parse_Damaged_Throws() => Should.Throw<CryptographicException>(() => AdminCertificate.Parse("-----BEGIN CERTIFICATE-----"));

    [Fact]
    public void ToString_Secrets_AreNotShown()
    {
        var issued = AdminCertificate.Issue("main", s_now);

        issued.ToString().ShouldNotContain("PRIVATE");
        new AdminAccess { Tokens = ["secret"], Pins = [issued.Pin] }.ToString().ShouldNotContain("secret");
    }
}
