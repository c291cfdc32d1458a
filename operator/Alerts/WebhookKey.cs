using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Operator.Alerts;

/// <summary>
/// The key that messages are signed with. Pure.
/// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
/// </summary>
internal sealed class WebhookKey
{
    private const string Prefix = "whsec_";
    private const int MinBytes = 24;
    private const int MaxBytes = 64;

    private readonly byte[] _key;

    private WebhookKey(byte[] key) => _key = key;

    /// <summary>Null where the text is no such key.</summary>
    public static WebhookKey? Parse(string text)
    {
        if (!text.StartsWith(Prefix, StringComparison.Ordinal))
            return null;
        var key = new byte[MaxBytes + 1];
        return Convert.TryFromBase64String(text[Prefix.Length..], key, out var length) && length is >= MinBytes and <= MaxBytes
            ? new(key[..length])
            : null;
    }

    /// <summary>The value of <c>webhook-signature</c>.</summary>
    public string Sign(string id, DateTimeOffset time, string body)
    {
        var signed = string.Create(CultureInfo.InvariantCulture, $"{id}.{time.ToUnixTimeSeconds()}.{body}");
        return $"v1,{Convert.ToBase64String(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(signed)))}";
    }
}
