using System.Text.Json;

namespace Operator.Standalone.Process;

/// <summary>Where a gateway process listens, as it wrote into <c>addresses.json</c>.</summary>
internal sealed record GatewayAddresses(string Data, string Admin, string Metrics)
{
    private static readonly JsonSerializerOptions s_web = new(JsonSerializerDefaults.Web);

    /// <summary>Null as long as there is no such file, or half of one.</summary>
    public static GatewayAddresses? Read(string folder)
    {
        try
        {
            var path = PathIn(folder);
            return File.Exists(path) ? JsonSerializer.Deserialize<GatewayAddresses>(File.ReadAllText(path), s_web) : null;
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            return null;
        }
    }

    /// <summary>What a former process left would mislead.</summary>
    public static void Forget(string folder) => File.Delete(PathIn(folder));

    private static string PathIn(string folder) => Path.Combine(folder, "addresses.json");
}
