using System.Globalization;
using Gateway.Contract;
using Operator.Api;
using Operator.Push;
using Operator.Standalone.Manifests;
using Operator.Standalone.Process;
using Operator.Standalone.State;
using Operator.Status;
using Operator.Translate;

namespace Operator.Standalone;

/// <summary>
/// The reconcile line without a cluster: manifests from a folder instead of the API server, a process instead of pods, a table instead of
/// <c>kubectl get</c>. Translation, push and status are the cluster's own.
/// </summary>
internal sealed class StandaloneRun(StandaloneOptions options, StandaloneServices services, PriceTable prices, StandaloneReport report)
{
    /// <summary>What marks the VirtualKey that <c>GATEWAY_KEY</c> shows; without one it is the first that works.</summary>
    public const string ExportLabel = ResourceGroup.Name + "/export";

    /// <summary>Ages and spend move without an event.</summary>
    private static readonly TimeSpan s_atLeastEach = TimeSpan.FromSeconds(30);

    private readonly Wake _wake = new();

    /// <summary>
    /// Until cancelled, then 0. What cannot be mended by editing manifests (a port in use, a state folder in use, a gateway that does not
    /// start) is one line and 1.
    /// </summary>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        try
        {
            if (!Directory.Exists(options.Manifests))
                throw new IOException($"there is no folder {options.Manifests}: name one with --manifests");
            if (!Ports.IsFree(options.Port))
                throw new IOException(PortInUse());
            await LoopAsync(cancellation);
            return 0;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return 0;
        }
        catch (IOException e)
        {
            report.Notice(e.Message);
            return 1;
        }
    }

    private string PortInUse() => string.Create(
        CultureInfo.InvariantCulture,
        $"port {options.Port} is in use: stop what listens there, or take another with --port (0: any free one)");

    private async Task LoopAsync(CancellationToken cancellation)
    {
        using var state = StateFolder.Open(options.State);
        var folder = new ManifestFolder(options.Manifests);
        using var watch = new FolderWatch(options.Manifests, folder, services.Time, _wake.Signal);
        var gatherer = new Gatherer(state.Keys, prices, services.Environment);
        var store = ManifestStore.Empty;
        ResourceStatuses? statuses = null;
        ConfigSnapshot? served = null;
        GatewaySession? session = null;
        try
        {
            while (true)
            {
                // 1. Read the folder: what is broken keeps its last good version.
                var now = services.Time.GetUtcNow();
                store = store.Apply(folder.Read(), now);

                DateTimeOffset? nextChange = null;

                // 2. Choose the gateway, and have its process running.
                if (Choose(store) is { } gateway)
                {
                    if (session?.Id != gateway.Id())
                    {
                        await (session?.DisposeAsync() ?? ValueTask.CompletedTask);
                        (session, statuses, served) = (new(gateway, options, state, services, _wake.Signal), null, null);
                        Introduce(store, gateway);
                    }

                    // 3. Gather what concerns it.
                    var gathered = gatherer.Gather(store, gateway, statuses, session.Spent, served, now);

                    // 4. Translate, push, acknowledge.
                    var outcome = await session.ReconcileAsync(gathered.Inputs, cancellation);

                    nextChange = outcome.Translation.NextChange;
                    served = outcome.Answer is PushOutcome.Acknowledged ? outcome.Config?.Snapshot : served;

                    // 5. Status.
                    statuses = session.Report(outcome, now);

                    // 6. Report.
                    report.Problems(StandaloneProblems.Of(store, outcome));
                    if (outcome is { Answer: PushOutcome.Acknowledged, Config.Revision: var revision })
                        report.Live(revision);
                    if (session.HasListened)
                        report.Table(statuses, now);
                    if (session.Url is { } url && IsServing(statuses))
                        report.Exports(url, KeyToExport(gathered, outcome.Config?.Snapshot));
                }
                else
                {
                    report.Problems([.. StandaloneProblems.Of(store, null), NoGateway(store)]);
                }

                // 7. Wait for the folder, the gateway or the clock.
                await WaitAsync(session, nextChange, cancellation);
            }
        }
        finally
        {
            await (session?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }

    private async Task WaitAsync(GatewaySession? session, DateTimeOffset? nextChange, CancellationToken cancellation)
    {
        if (session is { Supervision.IsCompleted: true })
            await session.Supervision;
        var untilChange = nextChange - services.Time.GetUtcNow() ?? s_atLeastEach;
        var wait = untilChange < s_atLeastEach ? untilChange : s_atLeastEach;
        await _wake.WaitAsync(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, services.Time, cancellation);
    }

    /// <summary>The named one, else the first; a gateway whose manifest is gone is not served any more.</summary>
    private LlmGateway? Choose(ManifestStore store)
    {
        var all = store.All<LlmGateway>().OrderBy(g => g.Id(), StringComparer.Ordinal);
        return options.GatewayName is { } name ? all.FirstOrDefault(g => g.Metadata.Name == name || g.Id() == name) : all.FirstOrDefault();
    }

    private void Introduce(ManifestStore store, LlmGateway gateway)
    {
        var others = store.All<LlmGateway>().Select(g => g.Id()).Where(id => id != gateway.Id()).ToList();
        var choice = others.Count == 0 ? "" : $"; also in this folder, with --gateway-name: {string.Join(", ", others)}";
        report.Notice($"serving LlmGateway {gateway.Id()} of {options.Manifests}{choice}");
    }

    private ManifestProblem NoGateway(ManifestStore store)
    {
        var others = string.Join(", ", store.All<LlmGateway>().Select(g => g.Id()));
        var message = others.Length == 0 ? "no LlmGateway that could be served" : $"no LlmGateway {options.GatewayName}, but {others}";
        return new() { File = options.Manifests, Message = message };
    }

    private static bool IsServing(ResourceStatuses statuses) =>
        statuses.Gateway.Status!.Conditions.Any(c => c is { Type: ConditionTypes.Programmed, Status: ConditionStatus.True });

    private static string? KeyToExport(Gathered gathered, ConfigSnapshot? config)
    {
        var working = (config?.Keys ?? [])
            .Where(k => k.State == KeyState.Active)
            .Select(k => k.Object.Id())
            .ToHashSet(StringComparer.Ordinal);
        return gathered.Inputs.Keys
            .Where(k => working.Contains(k.Id()) && gathered.PlainKeys.ContainsKey(k.Id()))
            .OrderByDescending(k => k.Metadata.Labels.ContainsKey(ExportLabel))
            .ThenBy(k => k.Metadata.Name, StringComparer.Ordinal)
            .Select(k => gathered.PlainKeys[k.Id()])
            .FirstOrDefault();
    }
}
