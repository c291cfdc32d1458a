using System.Collections.Immutable;
using System.Globalization;
using Benchmarks.Load;
using Operator.Api;
using Operator.Push;
using Operator.Status;
using Operator.Translate;

namespace Benchmarks.Scenarios;

/// <summary>
/// What the operator's line computes when one object of a large gateway has changed: a key, a route and a budget in turn, all others the
/// same instances as before. Processor time of the whole process, garbage collection included; no network.
/// </summary>
internal static class OperatorLine
{
    public const string Name = "operator-line";

    private const int WarmUps = 30;
    private const int Rounds = 45;
    private const double MiB = 1024 * 1024;

    public static IEnumerable<Figure> Measure()
    {
        var empty = Resident();
        var line = new Line();
        for (var i = 0; i < WarmUps; i++)
            line.Run(i);
        line.Costs.Clear();
        for (var i = 0; i < Rounds; i++)
            line.Run(i);

        foreach (var step in line.Costs.GroupBy(c => c.Step))
        {
            yield return new(
                $"operator's line, {step.Key}",
                Median.Of(step.Select(c => c.Time.TotalMilliseconds)),
                "ms",
                step.First().Most,
                string.Create(CultureInfo.InvariantCulture, $"allocates {Median.Of(step.Select(c => c.Allocated / MiB)):0.0} MiB"));
        }

        var sum = Median.Of(line.Costs.GroupBy(c => c.Round).Select(r => r.Sum(c => c.Time.TotalMilliseconds)));
        yield return new("operator's line, all steps of a round", sum, "ms", 75, "processor time");
        yield return new("config as it is sent", line.SentBytes / MiB, "MiB", null, "to each pod");
        yield return new("durable copy", line.DurableBytes / MiB, "MiB", 3.5, "compressed");
        yield return new("resources, config and statuses", Resident() - empty, "MiB", null, "managed memory held between two rounds");
        GC.KeepAlive(line);
    }

    private static double Resident() => GC.GetTotalMemory(forceFullCollection: true) / MiB;

    private sealed class Line
    {
        private TranslateInputs _inputs = ClusterLoad.Inputs();
        private StampedConfig? _config;
        private ResourceStatuses? _statuses;
        private long _revision;

        public List<Cost> Costs { get; } = [];

        public int SentBytes => _config!.Json.Sum(p => p.Json.Length);

        public int DurableBytes { get; private set; }

        public void Run(int round)
        {
            Change(round);
            var inputs = _inputs;
            var translation = Take(round, "translate", 25, () => Translator.Translate(inputs));
            var config = Take(round, "hash and stamp", 15, () => Stamp(translation));
            DurableBytes = Take(round, "durable copy", 25, () => Keep(config, translation.LastValid));
            var of = new StatusInputs
            {
                Inputs = inputs,
                Translation = translation,
                Config = config.Snapshot,
                Pods = [new() { Name = "main-0", IsReady = true, Revision = config.Revision, AcknowledgedTime = inputs.Now }],
                Durable = new(ConditionStatus.True, ConditionReasons.Durable, ""),
                Now = inputs.Now,
            };
            var statuses = Take(round, "statuses", 10, () => ResourceStatuses.Of(of, _statuses));
            (_config, _statuses) = (config, statuses);
            _inputs = inputs with { Routes = statuses.Routes, Keys = statuses.Keys, Budgets = statuses.Budgets, LastValid = translation.LastValid };
        }

        private StampedConfig Stamp(Translation translation)
        {
            return StampedConfig.Of(new(translation.Config!), ++_revision);
        }

        private static int Keep(StampedConfig config, LastValidVersions lastValid) => DurableContent.Of(config, lastValid).Bytes.Length;

        private void Change(int round)
        {
            var at = round * 11 % 500;
            _inputs = (round % 3) switch
            {
                0 => _inputs with { Keys = Next(_inputs.Keys, at, k => k with { Metadata = Next(k.Metadata), Spec = k.Spec with { State = k.Spec.State } }) },
                1 => _inputs with { Routes = Next(_inputs.Routes, at, r => r with { Metadata = Next(r.Metadata), Spec = r.Spec with { } }) },
                _ => _inputs with { Budgets = Next(_inputs.Budgets, at, b => b with { Metadata = Next(b.Metadata), Spec = b.Spec with { } }) },
            };
        }

        private static ImmutableArray<T> Next<T>(ImmutableArray<T> all, int at, Func<T, T> change) => all.SetItem(at, change(all[at]));

        private static ObjectMeta Next(ObjectMeta metadata) => metadata with { Generation = metadata.Generation + 1 };

        private T Take<T>(int round, string step, double most, Func<T> work)
        {
            var (time, allocated) = (Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes());
            var result = work();
            Costs.Add(new(round, step, most, Environment.CpuUsage.TotalTime - time, GC.GetTotalAllocatedBytes() - allocated));
            return result;
        }
    }

    private sealed record Cost(int Round, string Step, double Most, TimeSpan Time, long Allocated);
}
