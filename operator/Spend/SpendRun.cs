using System.Collections.Immutable;
using System.Security.Cryptography;
using Operator.Kubernetes;
using Operator.Push;

namespace Operator.Spend;

/// <summary>Finds the gateways, asks one pod of each, and prints what they say.</summary>
internal sealed class SpendRun(SpendOptions options, IGatewaySource source, TextWriter output, TextWriter error, TimeProvider time)
{
    /// <summary>A gateway gives a report up after 20 s.</summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    /// <summary>0, or 1 where something is missing, which is one line on standard error.</summary>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        try
        {
            var gateways = Choose(await source.FindAsync(cancellation));
            var reports = new List<SpendReport>();
            foreach (var gateway in gateways)
            {
                if (await TryAskAsync(gateway, isAlone: gateways.Length == 1, cancellation) is { } report)
                    reports.Add(report);
            }

            if (reports.Count > 0)
                Print(reports);
            return reports.Count == gateways.Length ? 0 : 1;
        }
        catch (Exception e) when (IsExpected(e))
        {
            error.WriteLine(e.Message);
            return 1;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return 1;
        }
    }

    private ImmutableArray<ObjectKey> Choose(ImmutableArray<ObjectKey> found)
    {
        var chosen = found.RemoveAll(g => options.Gateway is { } name && g.Name != name && g.ToString() != name);
        if (!chosen.IsEmpty)
            return chosen;
        var what = options.Gateway is { } wanted ? $"no LlmGateway `{wanted}`" : "no LlmGateway";
        var others = found.IsEmpty ? "" : $", but {string.Join(", ", found)}";
        if (options.State is { } state)
            throw new IOException($"there is {what} in the state folder {state}{others}: name another folder with --state");
        var where = options.AllNamespaces ? "in the cluster" : $"in the namespace {options.Namespace ?? "of the context"}";
        throw new IOException($"there is {what} {where}{others}: name another namespace with -n, or all of them with -A");
    }

    /// <summary>Among several one that cannot be asked keeps no other from being shown.</summary>
    private async Task<SpendReport?> TryAskAsync(ObjectKey gateway, bool isAlone, CancellationToken cancellation)
    {
        try
        {
            return await AskAsync(gateway, cancellation);
        }
        catch (Exception e) when (!isAlone && IsExpected(e))
        {
            error.WriteLine($"{gateway}: {e.Message}");
            return null;
        }
    }

    private async Task<SpendReport> AskAsync(ObjectKey gateway, CancellationToken cancellation)
    {
        await using var reach = await source.ReachAsync(gateway, cancellation);
        using var client = new AdminClient(() => reach.Access, s_timeout, time);
        var answer = await client.ReportAsync(reach.Pod, SpendQuery.Of(options, gateway, time.GetUtcNow()), cancellation);
        if (answer.Report is null)
        {
            var hint = answer.IsAnswered ? "" : reach.Hint();
            throw new IOException($"{reach.Pod.Name}: {answer.Problem}{(hint.Length == 0 ? "" : $"; {hint}")}");
        }

        return SpendReport.Parse(gateway, options.GroupBy, answer.Report)
            ?? throw new IOException($"{reach.Pod.Name} has answered with what is no report: its gateway may be of another version");
    }

    private void Print(List<SpendReport> reports)
    {
        if (options.Format == SpendFormat.Table)
            error.WriteLine($"spend of {string.Join(", ", reports.Select(r => r.Gateway))} from {reports[0].Start} to {reports[0].End}");
        output.Write(SpendText.Of(options.Format, reports));
        output.Flush();
    }

    private static bool IsExpected(Exception e) => e is IOException or UnauthorizedAccessException or CryptographicException;
}
