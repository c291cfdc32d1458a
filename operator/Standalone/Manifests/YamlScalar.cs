using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Operator.Standalone.Manifests;

/// <summary>
/// What a plain scalar means: as kubectl reads it, by the rules of YAML 1.1 (<c>yes</c> and <c>on</c> are booleans), so that a folder that
/// works here works in a cluster. https://yaml.org/type/
/// </summary>
internal static class YamlScalar
{
    private const NumberStyles Figure = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    public static JsonNode? ToJson(YamlScalarNode scalar)
    {
        var text = scalar.Value ?? "";
        var isText = scalar.Style != ScalarStyle.Plain || (!scalar.Tag.IsEmpty && scalar.Tag.Value == "tag:yaml.org,2002:str");
        if (isText)
            return JsonValue.Create(text);
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" or "y" or "Y":
                return JsonValue.Create(true);
            case "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" or "n" or "N":
                return JsonValue.Create(false);
        }

        return Number(text) ?? JsonValue.Create(text);
    }

    private static JsonValue? Number(string text)
    {
        if (!(char.IsAsciiDigit(text[0]) || text[0] is '-' or '+' or '.'))
            return null;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) && !IsOctal(text))
            return JsonValue.Create(whole);
        if (text.StartsWith("0x", StringComparison.Ordinal)
            && long.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out whole))
            return JsonValue.Create(whole);
        if (IsOctal(text))
            return JsonValue.Create(Convert.ToInt64(text, 8));
        return decimal.TryParse(text, Figure, CultureInfo.InvariantCulture, out var figure) ? JsonValue.Create(figure) : null;
    }

    private static bool IsOctal(string text) =>
        text is ['0', _, ..] && text.Length < 20 && text.AsSpan().IndexOfAnyExceptInRange('0', '7') < 0;
}
