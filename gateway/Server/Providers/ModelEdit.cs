using System.Text.Json;
using Gateway.Server.Config;

namespace Gateway.Server.Providers;

/// <summary>Puts the upstream's name of the model in the place of the public one.</summary>
internal static class ModelEdit
{
    /// <summary>Null where the body says the right name already.</summary>
    public static BodyEdit? Of(ProviderCall call, TargetModel target)
    {
        var name = target.UpstreamModelFor(call.Model);
        var positions = call.Fields.Positions;
        if (positions.Model is not { } place)
            return new(positions.BodyStart, 0, Member(name));
        if (string.Equals(name, call.Fields.Model, StringComparison.Ordinal))
            return null;
        return new(place.Start.Value, place.End.Value - place.Start.Value, Value(name));
    }

    private static byte[] Member(string name) => [.. "\"model\":"u8, .. Value(name), .. ","u8];

    private static byte[] Value(string name) => [.. "\""u8, .. JsonEncodedText.Encode(name).EncodedUtf8Bytes, .. "\""u8];
}
