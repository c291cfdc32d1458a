using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Operator.Api;

/// <summary>A number, or a percentage as text: <c>1</c> or <c>"25%"</c>.</summary>
[JsonConverter(typeof(Converter))]
internal readonly record struct IntOrString(int? Number, string? Text)
{
    public static implicit operator IntOrString(int number) => new(number, null);

    public override string ToString() => Number?.ToString(CultureInfo.InvariantCulture) ?? Text ?? "";

    private sealed class Converter : JsonConverter<IntOrString>
    {
        public override IntOrString Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Number ? new(reader.GetInt32(), null) : new(null, reader.GetString());

        public override void Write(Utf8JsonWriter writer, IntOrString value, JsonSerializerOptions options)
        {
            if (value.Number is { } number)
                writer.WriteNumberValue(number);
            else
                writer.WriteStringValue(value.Text);
        }
    }
}
