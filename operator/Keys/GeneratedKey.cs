using System.Buffers;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Operator.Keys;

/// <summary>
/// A key that the operator made: <c>sk-</c>, 11 characters that name it and may be shown, 43 that are secret (32 random bytes). All letters
/// and digits, so that a double click selects it whole.
/// </summary>
internal sealed record GeneratedKey
{
    /// <summary>Bytes of randomness for the public id.</summary>
    public const int IdBytes = 8;

    /// <summary>Bytes of randomness that nobody may know.</summary>
    public const int SecretBytes = 32;

    private const string Scheme = "sk-";
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    // The characters that 8 and 32 bytes need in base 62.
    private const int IdLength = 11;
    private const int SecretLength = 43;

    private static readonly SearchValues<char> s_alphabet = SearchValues.Create(Alphabet);

    private GeneratedKey(string text) => Text = text;

    /// <summary>The key itself. Belongs into one Secret and nowhere else.</summary>
    public string Text { get; }

    /// <summary>The public part.</summary>
    public string Id => Text[Scheme.Length..(Scheme.Length + IdLength)];

    /// <summary>How the key begins, to recognise it by.</summary>
    public string Prefix => PrefixOf(Id);

    /// <summary>How the key with this public id begins.</summary>
    public static string PrefixOf(string id) => Scheme + id;

    /// <summary>Makes a key of random bytes: <see cref="IdBytes"/> and <see cref="SecretBytes"/> of them.</summary>
    public static GeneratedKey Create(ReadOnlySpan<byte> id, ReadOnlySpan<byte> secret)
    {
        if (id.Length != IdBytes)
            throw new ArgumentException($"must have {IdBytes} bytes", nameof(id));
        if (secret.Length != SecretBytes)
            throw new ArgumentException($"must have {SecretBytes} bytes", nameof(secret));
        return new(Scheme + Encode(id, IdLength) + Encode(secret, SecretLength));
    }

    /// <summary>Null where the text is no key of this form.</summary>
    public static GeneratedKey? Parse(string? text)
    {
        var isKey = text is not null
            && text.Length == Scheme.Length + IdLength + SecretLength
            && text.StartsWith(Scheme, StringComparison.Ordinal)
            && text.AsSpan(Scheme.Length).IndexOfAnyExcept(s_alphabet) < 0;
        return isKey ? new(text!) : null;
    }

    /// <summary>What the gateway knows a key by, whoever made it: lower-case hex SHA-256 of its UTF-8 bytes.</summary>
    public static string Sha256(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    /// <summary>Nothing of the secret part.</summary>
    public override string ToString() => Prefix;

    private static string Encode(ReadOnlySpan<byte> bytes, int length)
    {
        var value = new BigInteger(bytes, isUnsigned: true);
        return string.Create(length, value, static (text, rest) =>
        {
            for (var i = text.Length - 1; i >= 0; i--)
            {
                rest = BigInteger.DivRem(rest, Alphabet.Length, out var digit);
                text[i] = Alphabet[(int)digit];
            }
        });
    }
}
