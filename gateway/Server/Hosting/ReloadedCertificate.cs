using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Server.Hosting;

/// <summary>
/// A certificate with its chain from PEM files, read anew when they change. Asked at each handshake, it looks at the files at most once a
/// second. A file that is damaged later changes nothing; at the start it is fatal.
/// </summary>
internal sealed partial class ReloadedCertificate
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly FileText _certificate;
    private readonly FileText _key;
    private readonly TimeProvider _time;
    private readonly ILogger<ReloadedCertificate> _logger;
    private (string? Certificate, string? Key) _read;
    private SslStreamCertificateContext _current;
    private long _checked;

    /// <summary>Throws <see cref="IOException"/> where there is no good certificate.</summary>
    public ReloadedCertificate(PemFiles files, TimeProvider time, ILoggerFactory loggers)
    {
        _certificate = new(files.Certificate, loggers.CreateLogger<FileText>());
        _key = new(files.Key, loggers.CreateLogger<FileText>());
        _time = time;
        _logger = loggers.CreateLogger<ReloadedCertificate>();
        _read = (File.ReadAllText(files.Certificate), File.ReadAllText(files.Key));
        try
        {
            _current = Parse(_read.Certificate!, _read.Key!);
        }
        catch (Exception e) when (IsDamage(e))
        {
            throw new IOException($"{files.Certificate} and {files.Key} hold no certificate with its key: {e.Message}", e);
        }

        _checked = time.GetTimestamp();
    }

    public SslStreamCertificateContext Current
    {
        get
        {
            lock (_lock)
            {
                if (_time.GetElapsedTime(_checked) >= s_interval)
                {
                    _checked = _time.GetTimestamp();
                    Reload();
                }

                return _current;
            }
        }
    }

    private void Reload()
    {
        var read = (_certificate.Read(), _key.Read());
        if (read == _read || read is not ({ } certificate, { } key))
            return;
        _read = read;
        try
        {
            // The former one is left to the garbage collector: a handshake may still hold it.
            _current = Parse(certificate, key);
            LogReloaded(_certificate.Path, _current.TargetCertificate.NotAfter.ToUniversalTime());
        }
        catch (Exception e) when (IsDamage(e))
        {
            LogDamaged(_certificate.Path, e.Message);
        }
    }

    /// <summary>A key that is not the certificate's, as between the two steps of a rotation, is an ArgumentException.</summary>
    private static bool IsDamage(Exception e) => e is CryptographicException or ArgumentException;

    private static SslStreamCertificateContext Parse(string certificatePem, string keyPem)
    {
        var certificate = X509Certificate2.CreateFromPem(certificatePem, keyPem);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(certificatePem);
        return SslStreamCertificateContext.Create(certificate, chain, offline: true);
    }

    [LoggerMessage(320, LogLevel.Information, "Took the new certificate of {Path}, valid until {NotAfter}")]
    private partial void LogReloaded(string path, DateTime notAfter);

    [LoggerMessage(321, LogLevel.Error, "Kept the former certificate: {Path} is damaged: {Reason}")]
    private partial void LogDamaged(string path, string reason);
}
