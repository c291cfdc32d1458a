using System.Text.Json;
using Gateway.Server.Config;

namespace Gateway.Server.Providers;

/// <summary>Puts the upstream's name of the model in the place of the public one.</summary>
internal static class ModelEdit
{
    /// <summary>
    /// The target's name of the model. A <c>*</c> in it stands for what the route's own <c>*</c> matched, so that <c>openai/*</c> can become
    /// <c>*</c>.
    /// </summary>
    public static string UpstreamModel(string model, TargetModel target)
    {
        if (target.UpstreamModel is not { } name)
            return model;
        if (target.Route.IsExact || !name.Contains('*', StringComparison.Ordinal))
            return name;
        var pattern = ModelPatterns.Parse(target.Route.Model);
        if (!pattern.Matches(model))
            return name.Replace("*", model, StringComparison.Ordinal);
        var rest = target.Route.Model[0] == '*' ? model[..^pattern.Text.Length] : model[pattern.Text.Length..];
        return name.Replace("*", rest, StringComparison.Ordinal);
    }

    /// <summary>Null where the body says the right name already.</summary>
    public static BodyEdit? Of(ProviderCall call, TargetModel target)
    {
        var name = UpstreamModel(call.Model, target);
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
