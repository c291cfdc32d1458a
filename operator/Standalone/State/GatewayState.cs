using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Operator.Api;
using Operator.Push;
using Operator.Translate;

namespace Operator.Standalone.State;

/// <summary>What is kept of one gateway.</summary>
internal sealed class GatewayState(string path)
{
    private const int TokenBytes = 32;

    private readonly string _spent = Path.Combine(path, "spent.json");
    private readonly string _lastValid = Path.Combine(path, "last-valid.json");

    /// <summary>The token of the admin port.</summary>
    public string TokenFile { get; } = Path.Combine(path, "admin-token");

    /// <summary>The certificate of the admin port, with its key.</summary>
    public string CertificateFile { get; } = Path.Combine(path, "admin.pem");

    /// <summary>What the gateway process writes to its standard output.</summary>
    public string LogFile { get; } = Path.Combine(path, "gateway.log");

    /// <summary>The gateway process's own.</summary>
    public string DataFolder { get; } = Path.Combine(path, "data");

    /// <summary>The count of revisions.</summary>
    public RevisionFile Revisions { get; } = new(Path.Combine(path, "revision.json"));

    /// <summary>Makes what is missing: folder, token and certificate.</summary>
    public AdminAccess Prepare(string gateway, TimeProvider time)
    {
        PrivateFile.MakeFolder(DataFolder);
        if (PrivateFile.Read(TokenFile) is not { Length: > 0 })
            PrivateFile.Write(TokenFile, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TokenBytes)));
        if (PrivateFile.Read(CertificateFile) is not { Length: > 0 })
            PrivateFile.Write(CertificateFile, AdminCertificate.Issue(gateway, time.GetUtcNow()).Pem);
        return ReadAccess()!;
    }

    /// <summary>As it was prepared; null where it never was.</summary>
    public AdminAccess? ReadAccess() =>
        PrivateFile.Read(TokenFile) is { Length: > 0 } token && PrivateFile.Read(CertificateFile) is { Length: > 0 } certificate
            ? new() { Tokens = [token.Trim()], Pins = [AdminCertificate.Parse(certificate).Pin] }
            : null;

    /// <summary>The versions that were in force last. A file of a version that cannot be read says nothing.</summary>
    public LastValidVersions ReadLastValid()
    {
        try
        {
            return PrivateFile.Read(_lastValid) is { } json
                ? JsonSerializer.Deserialize<LastValidVersions>(json, ApiJson.Options) ?? LastValidVersions.Empty
                : LastValidVersions.Empty;
        }
        catch (JsonException)
        {
            return LastValidVersions.Empty;
        }
    }

    /// <summary>Where budgets stood, by their id, so that no crossing is told twice. A file that cannot be read says nothing.</summary>
    public ImmutableSortedDictionary<string, BudgetStatus> ReadSpent()
    {
        try
        {
            return (PrivateFile.Read(_spent) is { } json
                ? JsonSerializer.Deserialize<ImmutableSortedDictionary<string, BudgetStatus>>(json, ApiJson.Options)
                : null) ?? ImmutableSortedDictionary<string, BudgetStatus>.Empty;
        }
        catch (JsonException)
        {
            return ImmutableSortedDictionary<string, BudgetStatus>.Empty;
        }
    }

    /// <summary>Written as often as a cluster's statuses are.</summary>
    public void WriteSpent(ImmutableSortedDictionary<string, BudgetStatus> spent) =>
        PrivateFile.Write(_spent, JsonSerializer.Serialize(spent, ApiJson.Options));

    /// <summary>Written when a config has been acknowledged.</summary>
    public void WriteLastValid(LastValidVersions versions) =>
        PrivateFile.Write(_lastValid, JsonSerializer.Serialize(versions, ApiJson.Options));
}
