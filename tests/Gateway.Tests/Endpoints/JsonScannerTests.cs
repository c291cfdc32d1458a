using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Server.Endpoints;

namespace Gateway.Tests.Endpoints;

/// <summary>The platform's reader is the standard by which ours is judged.</summary>
public sealed class JsonScannerTests
{
    private const string Malformed = "malformed";
    private const string Rich =
        """ { "a\"b" : [ 1, -0, 1.5e+3, 0.1E-2 , true,false,null, "x\\y\n\u00e9\/", [], {}, """
            + """[[{"k":{}}]] ] , "é" : "" , "\u0061":"\ud83d\ude00" } """;

    [Fact]
    public void AnyText_IsReadAsThePlatformReadsIt() =>
        Prop.ForAll(Texts(), text =>
        {
            if (!Utf8.IsValid(text))
                return;
            var (scanned, expected) = (Scanned(text), Expected(text));
            (scanned[^1] == Malformed).ShouldBe(expected[^1] == Malformed);

            // The platform looks one byte further before it believes a number.
            var common = expected[^1] == Malformed ? expected.Count - 1 : expected.Count;
            scanned.Take(common).ShouldBe(expected.Take(common));
        }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(20_000));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("{}x")]
    [InlineData("{} {}")]
    [InlineData("[1,]")]
    [InlineData("""{"a":1,}""")]
    [InlineData("""{"a" 1}""")]
    [InlineData("""{a:1}""")]
    [InlineData("[1 2]")]
    [InlineData("[01]")]
    [InlineData("[1.]")]
    [InlineData("[.5]")]
    [InlineData("[1e]")]
    [InlineData("[+1]")]
    [InlineData("[-]")]
    [InlineData("[NaN]")]
    [InlineData("[tru]")]
    [InlineData("[truely]")]
    [InlineData("[}")]
    [InlineData("{]")]
    [InlineData("""["a""")]
    [InlineData("""["\x"]""")]
    [InlineData("""["\u12"]""")]
    [InlineData("""["\u12g4"]""")]
    [InlineData("[\"a\nb\"]")]
    [InlineData("[\"\\")]
    [InlineData("\uFEFF{}")]
    [InlineData("[/* no */]")]
    public void Malformed_IsAProblem(string text)
    {
        var json = Encoding.UTF8.GetBytes(text);

        Scanned(json)[^1].ShouldBe(Malformed);
        Expected(json)[^1].ShouldBe(Malformed);
    }

    [Fact]
    public void Problem_SaysWhere()
    {
        var json = new JsonScanner("{\n  \"a\": 1,\n  \"b\" 2}"u8);
        while (json.Read())
        {
        }

        json.Problem.ShouldBe("a colon is expected (line 3, byte 7)");
    }

    [Fact]
    public void Depth_EndsAt128()
    {
        Scanned(Encoding.ASCII.GetBytes(new string('[', 128) + new string(']', 128)))[^1].ShouldNotBe(Malformed);
        Scanned(Encoding.ASCII.GetBytes(new string('[', 129) + new string(']', 129)))[^1].ShouldBe(Malformed);
    }

    [Fact]
    public void HalfOfASurrogatePair_IsNoText()
    {
        var json = new JsonScanner("""  "\ud800"  """u8);

        json.Read().ShouldBeTrue();
        json.Text().ShouldBeNull();
        json.TextEquals("x"u8).ShouldBeFalse();
    }

    private static List<string> Scanned(ReadOnlySpan<byte> text)
    {
        var tokens = new List<string>();
        var json = new JsonScanner(text);
        while (json.Read())
        {
            var value = json.TokenType is JsonTokenType.String or JsonTokenType.PropertyName or JsonTokenType.Number
                ? Encoding.UTF8.GetString(json.Value)
                : "";
            tokens.Add($"{json.TokenType} {json.Depth} {json.TokenStart} {value}");
        }

        if (json.Problem is not null)
            tokens.Add(Malformed);
        return tokens;
    }

    private static List<string> Expected(ReadOnlySpan<byte> text)
    {
        var tokens = new List<string>();
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = JsonScanner.MaxDepth });
        try
        {
            while (reader.Read())
            {
                var value = reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName or JsonTokenType.Number
                    ? Encoding.UTF8.GetString(reader.ValueSpan)
                    : "";
                tokens.Add($"{reader.TokenType} {reader.CurrentDepth} {reader.TokenStartIndex} {value}");
            }
        }
        catch (JsonException)
        {
            tokens.Add(Malformed);
        }

        return tokens;
    }

    /// <summary>Rich JSON with pieces of JSON put in, cut out and swapped: about half of them stay well-formed.</summary>
    private static Arbitrary<byte[]> Texts()
    {
        var rich = Encoding.UTF8.GetBytes(Rich);
        var change =
            from at in Gen.Choose(0, rich.Length - 1)
            from length in Gen.Frequency((3, Gen.Constant(0)), (1, Gen.Choose(0, 4)))
            from put in Gen.OneOf(
                Gen.Elements(
                    " ", "\n", "1", "0", ",", ":", "\"", "{", "}", "[", "]", "\\", "\\n", "\\u00", "e", "-", ".",
                    "true", "null,", "{\"a\":1},"),
                Gen.Choose(0, 255).Select(b => ((char)b).ToString()))
            select (At: at, Length: length, Put: Encoding.UTF8.GetBytes(put));
        return Gen.ListOf(change).Select(changes => changes.Take(3).Aggregate(rich, Apply)).ToArbitrary();
    }

    private static byte[] Apply(byte[] text, (int At, int Length, byte[] Put) change)
    {
        var at = Math.Min(change.At, text.Length);
        return [.. text[..at], .. change.Put, .. text[Math.Min(at + change.Length, text.Length)..]];
    }
}
