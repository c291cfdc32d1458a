using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Server.Stores;

/// <summary>Judges a server's certificate by authorities of the user's own, instead of the public ones.</summary>
internal static class PrivateAuthorities
{
    /// <summary>False too where the file cannot be read.</summary>
    public static bool Trust(string caFile, X509Certificate? certificate, X509Chain? sent, SslPolicyErrors errors)
    {
        if (certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
            return false;
        try
        {
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.DisableCertificateDownloads = true;
            chain.ChainPolicy.CustomTrustStore.ImportFromPemFile(caFile);
            foreach (var element in sent?.ChainElements.AsEnumerable() ?? [])
                chain.ChainPolicy.ExtraStore.Add(element.Certificate);
            using var judged = new X509Certificate2(certificate);
            return chain.Build(judged);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return false;
        }
    }
}
