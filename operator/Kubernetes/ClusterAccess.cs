using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Operator.Kubernetes;

/// <summary>Which API server, and as whom.</summary>
internal sealed record ClusterAccess
{
    /// <summary>Its URL.</summary>
    public required Uri Server { get; init; }

    /// <summary>The namespace of this process or of the context; <c>default</c> where none is named.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>Who may have issued the server's certificate, asked for at each handshake; null: whom this machine trusts.</summary>
    public Func<X509Certificate2Collection>? Authorities { get; init; }

    /// <summary>Whatever certificate the server shows is taken. Default false.</summary>
    public bool SkipsVerification { get; init; }

    /// <summary>The name in the server's certificate where it is not the host of <see cref="Server"/>.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>The client certificate, asked for at each handshake; null: none.</summary>
    public Func<X509Certificate2>? ClientCertificate { get; init; }

    /// <summary>Null: none is sent.</summary>
    public BearerToken? Token { get; init; }

    /// <summary>Whether the server's certificate is good.</summary>
    public bool Trusts(X509Certificate? certificate, X509Chain? sent, SslPolicyErrors errors)
    {
        if (SkipsVerification || errors == SslPolicyErrors.None)
            return SkipsVerification || Authorities is null || IsIssued(certificate, sent);
        var onlyUnknownIssuer = errors == SslPolicyErrors.RemoteCertificateChainErrors;
        return onlyUnknownIssuer && Authorities is not null && IsIssued(certificate, sent);
    }

    private bool IsIssued(X509Certificate? certificate, X509Chain? sent)
    {
        if (certificate is null)
            return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.AddRange(Authorities!());
        foreach (var element in sent?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        using var leaf = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return chain.Build(leaf);
    }
}
