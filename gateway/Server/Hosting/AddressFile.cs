using System.Text.Json;

namespace Gateway.Server.Hosting;

/// <summary>Where the ports really are, as URLs: with port 0 only the running process knows.</summary>
internal sealed record BoundAddresses(string Data, string Admin, string Metrics);

/// <summary><c>addresses.json</c> in the state directory, there only while the ports are open.</summary>
internal sealed class AddressFile(string stateDirectory)
{
    private readonly string _path = Path.Combine(stateDirectory, "addresses.json");

    /// <summary>What a former run left would mislead.</summary>
    public void Remove() => File.Delete(_path);

    /// <summary>A reader sees all of it or nothing.</summary>
    public void Write(BoundAddresses addresses)
    {
        var temporary = _path + ".tmp";
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(addresses, HealthJson.Default.BoundAddresses));
        File.Move(temporary, _path, overwrite: true);
    }
}
