using System.Text.Json;
using Operator.Reconcile;

namespace Operator.Standalone.State;

/// <summary>The count of revisions in a file.</summary>
internal sealed class RevisionFile(string path) : IRevisions
{
    public Task<long> ReserveAsync(string hash, long above, CancellationToken cancellation)
    {
        var last = Read();
        if (last.Hash == hash && last.Revision > above)
            return Task.FromResult(last.Revision);
        var next = new Reserved(Math.Max(last.Revision, above) + 1, hash);
        PrivateFile.Write(path, JsonSerializer.Serialize(next));
        return Task.FromResult(next.Revision);
    }

    /// <summary>A file that is lost or damaged counts from 0: the gateway's 409 then says where to go on.</summary>
    private Reserved Read()
    {
        try
        {
            return PrivateFile.Read(path) is { } json ? JsonSerializer.Deserialize<Reserved>(json) ?? new(0, "") : new(0, "");
        }
        catch (JsonException)
        {
            return new(0, "");
        }
    }

    private sealed record Reserved(long Revision, string Hash);
}
