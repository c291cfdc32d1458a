using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using Benchmarks.Load;
using Operator.Children;
using Operator.Push;
using Support.Cluster;

namespace Benchmarks.Cluster;

/// <summary>Which config each pod of a gateway has in memory, by <c>GET /config/status</c> of the pod itself.</summary>
internal sealed class PodsView : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(2);

    private readonly ImmutableArray<PodEndpoint> _pods;
    private readonly AdminClient _client;

    /// <param name="pods">All of the gateway.</param>
    /// <param name="adminSecret">Its Secret, as the API server has it.</param>
    public PodsView(IEnumerable<Pod> pods, JsonObject adminSecret)
    {
        _pods = [.. pods.Select(p => new PodEndpoint { Name = p.Name, Address = new($"https://{p.Address}:4001") })];
        string Text(string key) => Encoding.UTF8.GetString(Convert.FromBase64String((string)adminSecret["data"]![key]!));
        var files = new AdminFiles
        {
            CertificatePem = Text(AdminFiles.CertificateKey),
            Tokens = [.. Text(AdminFiles.TokensKey).Split('\n', StringSplitOptions.RemoveEmptyEntries)],
            StoresSalt = Text(AdminFiles.StoresSaltKey),
        };
        var access = AdminRotation.Access(files);
        _client = new(() => access, s_patience, TimeProvider.System);
    }

    /// <summary>The highest.</summary>
    public async Task<long> RevisionAsync() => (await Task.WhenAll(_pods.Select(RevisionAsync))).Max();

    /// <summary>Until each has a later one; when the last of them had it, by <see cref="Clock"/>.</summary>
    public async Task<long> UntilBeyondAsync(long revision) =>
        (await Task.WhenAll(_pods.Select(p => Task.Run(() => UntilBeyondAsync(p, revision))))).Max();

    public void Dispose() => _client.Dispose();

    private async Task<long> UntilBeyondAsync(PodEndpoint pod, long revision)
    {
        var patience = Clock.Now + Clock.Seconds(s_patience.TotalSeconds);
        while (await RevisionAsync(pod) <= revision)
        {
            if (Clock.Now > patience)
                throw new TimeoutException($"{pod.Name} has nothing newer than revision {revision}");
            await Task.Delay(s_pause);
        }

        return Clock.Now;
    }

    private async Task<long> RevisionAsync(PodEndpoint pod)
    {
        var (status, failure) = await _client.StatusAsync(pod, CancellationToken.None);
        return status?.Revision ?? throw new InvalidOperationException($"{pod.Name}: {failure}");
    }
}
