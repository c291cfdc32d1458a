using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;
using Operator.Api.Schema;
using Operator.Translate.Checks;

namespace Operator.Translate;

/// <summary>What one translation has come to so far. Lives only as long as it.</summary>
internal sealed class Workbook(TranslateInputs inputs)
{
    private readonly List<Finding> _findings = [];
    private readonly Dictionary<(string Kind, string Id), Verdict> _verdicts = [];
    private readonly SortedDictionary<string, CredentialConfig> _credentials = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, PriceConfig> _prices = new(StringComparer.Ordinal);
    private readonly ImmutableArray<RouteConfig>.Builder _routes = ImmutableArray.CreateBuilder<RouteConfig>();
    private readonly ImmutableArray<KeyConfig>.Builder _keys = ImmutableArray.CreateBuilder<KeyConfig>();
    private readonly ImmutableArray<BudgetConfig>.Builder _budgets = ImmutableArray.CreateBuilder<BudgetConfig>();

    public TranslateInputs Inputs { get; } = inputs;

    public CheckContext Checks { get; } = new() { AllowLoopbackUpstreams = inputs.AllowLoopbackUpstreams, Now = inputs.Now };

    public LastValidVersions LastValid { get; set; } = new();

    public ImmutableArray<RouteConfig> Routes => _routes.ToImmutable();

    public ImmutableArray<KeyConfig> Keys => _keys.ToImmutable();

    public ImmutableArray<BudgetConfig> Budgets => _budgets.ToImmutable();

    public ImmutableArray<CredentialConfig> Credentials => [.. _credentials.Values];

    public ImmutableArray<PriceConfig> Prices => [.. _prices.Values];

    public void Add(RouteConfig route) => _routes.Add(route);

    public void Add(KeyConfig key) => _keys.Add(key);

    public void Add(BudgetConfig budget) => _budgets.Add(budget);

    public void Use(CredentialConfig credential) => _credentials[credential.Name] = credential;

    public void Use(PriceConfig price) => _prices[price.Name] = price;

    /// <summary>
    /// The version of an object that is carried: its own when its fields are right, else the last one that was, else none. Paused objects
    /// keep what they were.
    /// </summary>
    public T? Choose<T>(T current, T? lastValid, ImmutableArray<FieldProblem> problems)
        where T : KubernetesObject
    {
        var refused = Inputs.Refused
            .Where(r => r.Object.Kind == current.Kind && r.Object.Id() == current.Id() && r.Object.Generation == current.Metadata.Generation)
            .Select(r => new FieldProblem(r.Field, r.Message));
        ImmutableArray<FieldProblem> all = [.. problems, .. refused];
        var isPaused = current.IsPaused() && lastValid is not null;
        var carried = all.IsEmpty && !isPaused ? current : lastValid;
        foreach (var problem in all)
            Report(current, ConditionTypes.Accepted, ConditionReasons.Invalid, problem.Field, problem.Message);
        var stands = carried is null ? "" : " The last valid version stays in force.";
        SetVerdict(new()
        {
            Object = current.Reference(),
            Accepted = all.IsEmpty
                ? new(ConditionStatus.True, ConditionReasons.Accepted, "The spec is valid.")
                : new(ConditionStatus.False, ConditionReasons.Invalid, Sentences(all) + stands),
            ResolvedRefs = new(ConditionStatus.True, ConditionReasons.ResolvedRefs, "All that it refers to is there."),
            CarriedGeneration = carried?.Metadata.Generation,
            IsPaused = current.IsPaused(),
        });
        return carried;
    }

    /// <summary>A problem that keeps the object, or the part of it that the condition speaks of, from working.</summary>
    public void Report(KubernetesObject of, string condition, string reason, string field, string message, Severity severity = Severity.Error) =>
        _findings.Add(new()
        {
            Object = of.Reference(),
            ConditionType = condition,
            Status = severity == Severity.Error ? ConditionStatus.False : ConditionStatus.True,
            Reason = reason,
            Field = field,
            Message = message,
            Severity = severity,
        });

    /// <summary>The object is not in the config, whatever it was before.</summary>
    public void Exclude(KubernetesObject of, string reason, string field, string message)
    {
        Report(of, ConditionTypes.Accepted, reason, field, message);
        Change(of, v => v with { Accepted = new(ConditionStatus.False, reason, message), CarriedGeneration = null });
    }

    /// <summary>Something that the object names is not there, or may not be used.</summary>
    public void Unresolved(KubernetesObject of, string reason, string field, string message)
    {
        Report(of, ConditionTypes.ResolvedRefs, reason, field, message);
        Change(of, v => v with { ResolvedRefs = Worse(v.ResolvedRefs, reason, message) });
    }

    public void Priced(KubernetesObject of, ImmutableArray<(string Field, string Message)> unpriced)
    {
        foreach (var (field, message) in unpriced)
            Report(of, ConditionTypes.Priced, ConditionReasons.PriceUnknown, field, message, Severity.Warning);
        Change(of, v => v with
        {
            Priced = unpriced.IsEmpty
                ? new(ConditionStatus.True, ConditionReasons.Priced, "Every target has a price.")
                : new(ConditionStatus.False, ConditionReasons.PriceUnknown, string.Join(' ', unpriced.Select(u => u.Message))),
        });
    }

    public void NotCarried(KubernetesObject of) => Change(of, v => v with { CarriedGeneration = null });

    /// <summary>The gateway would refuse the object.</summary>
    public void Refuse(ObjectReference of, string field, string message)
    {
        var id = of.Id();
        _findings.Add(new()
        {
            Object = _verdicts.TryGetValue((of.Kind, id), out var known) ? known.Object : of,
            ConditionType = ConditionTypes.Accepted,
            Status = ConditionStatus.False,
            Reason = ConditionReasons.Invalid,
            Field = field,
            Message = message,
        });
        if (known is not null)
            _verdicts[(of.Kind, id)] = known with { Accepted = new(ConditionStatus.False, ConditionReasons.Invalid, message), CarriedGeneration = null };
    }

    public Translation Finish(ConfigSnapshot? config) => new()
    {
        Config = config,
        Findings =
        [
            .. _findings
                .OrderBy(f => f.Object.Kind, StringComparer.Ordinal)
                .ThenBy(f => f.Object.Id(), StringComparer.Ordinal)
                .ThenBy(f => f.Field, StringComparer.Ordinal),
        ],
        Verdicts =
        [
            .. ((IEnumerable<KubernetesObject>)[Inputs.Gateway, .. Inputs.Routes, .. Inputs.Keys, .. Inputs.Budgets])
                .Select(o => _verdicts.TryGetValue((o.Kind, o.Id()), out var verdict) ? verdict : Unknown(o)),
        ],
        LastValid = LastValid,
    };

    private static Verdict Unknown(KubernetesObject of) => new()
    {
        Object = of.Reference(),
        Accepted = new(ConditionStatus.Unknown, ConditionReasons.Pending, "The LlmGateway itself is not valid yet."),
        ResolvedRefs = new(ConditionStatus.Unknown, ConditionReasons.Pending, "The LlmGateway itself is not valid yet."),
    };

    private void SetVerdict(Verdict verdict) => _verdicts[(verdict.Object.Kind, verdict.Object.Id())] = verdict;

    private void Change(KubernetesObject of, Func<Verdict, Verdict> change) => _verdicts[(of.Kind, of.Id())] = change(_verdicts[(of.Kind, of.Id())]);

    private static Judgement Worse(Judgement now, string reason, string message) =>
        now.Status == ConditionStatus.False ? now with { Message = now.Message + " " + message } : new(ConditionStatus.False, reason, message);

    private static string Sentences(ImmutableArray<FieldProblem> problems) =>
        string.Join(' ', problems.Select(p => p.Field.Length == 0 ? $"The object {p.Message}." : $"`{p.Field}` {p.Message}."));
}
