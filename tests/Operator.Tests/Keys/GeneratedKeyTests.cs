using System.Security.Cryptography;
using Operator.Keys;

namespace Operator.Tests.Keys;

public sealed class GeneratedKeyTests
{
    [Fact]
    public void Create_AnyBytes_HasItsFormAndComesBack()
    {
        foreach (var fill in new byte[] { 0, 1, 127, 255 })
        {
            var key = GeneratedKey.Create(Bytes(GeneratedKey.IdBytes, fill), Bytes(GeneratedKey.SecretBytes, fill));

            key.Text.Length.ShouldBe(57);
            key.Text.ShouldStartWith("sk-" + key.Id);
            key.Text.ShouldMatch("^sk-[0-9A-Za-z]{54}$");
            GeneratedKey.Parse(key.Text).ShouldBe(key);
        }
    }

    [Fact]
    public void Create_EveryBitCounts()
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        for (var bit = 0; bit < GeneratedKey.SecretBytes * 8; bit++)
        {
            var secret = new byte[GeneratedKey.SecretBytes];
            secret[bit / 8] = (byte)(1 << (bit % 8));
            keys.Add(GeneratedKey.Create(new byte[GeneratedKey.IdBytes], secret).Text);
        }

        keys.Count.ShouldBe(GeneratedKey.SecretBytes * 8);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("sk-short")]
    [InlineData("xx-000000000000000000000000000000000000000000000000000000")]
    [InlineData("sk-00000000000000000000000000000000000000000000000000000-")]
    public void Parse_AnotherForm_IsNone(string? text) => GeneratedKey.Parse(text).ShouldBeNull();

    [Fact]
    public void ToString_SecretPart_IsNotShown()
    {
        var key = GeneratedKey.Create(RandomNumberGenerator.GetBytes(GeneratedKey.IdBytes), RandomNumberGenerator.GetBytes(GeneratedKey.SecretBytes));

        key.ToString().ShouldBe(key.Prefix);
        key.Prefix.Length.ShouldBe(14);
    }

    [Fact]
    public void Sha256_Key_IsItsHashInLowerCaseHex() =>
        GeneratedKey.Sha256("abc").ShouldBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");

    private static byte[] Bytes(int count, byte fill) => Enumerable.Repeat(fill, count).ToArray();
}
