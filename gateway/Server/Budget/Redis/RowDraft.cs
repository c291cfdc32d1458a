using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Server.Budget.Spool;

namespace Gateway.Server.Budget.Redis;

/// <summary>The part of a row that its gateway knows; the store adds what it charged, and when.</summary>
internal sealed record RowDraft
{
    public required long Number { get; init; }

    public required string CallId { get; init; }

    public required string Key { get; init; }

    public required CallFacts Facts { get; init; }

    public Settlement? Settlement { get; init; }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, RowDraftJson.Default.RowDraft);

    public static RowDraft? Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, RowDraftJson.Default.RowDraft);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(RowDraft))]
[JsonSerializable(typeof(SpoolLine<Settling>), TypeInfoPropertyName = "SpooledSettlings")]
[JsonSerializable(typeof(SpoolLine<WaitingRow>), TypeInfoPropertyName = "SpooledRows")]
internal sealed partial class RowDraftJson : JsonSerializerContext;

/// <summary>A row on its way to the ledger, and where it has been counted.</summary>
/// <param name="Name">Of the row among those that the store keeps until the ledger has them; empty: it keeps none.</param>
/// <param name="Epoch">In whose counters it is.</param>
/// <param name="Row">As the ledger takes it.</param>
/// <param name="Definitions">Of those counters, in the order of the row's charges.</param>
internal sealed record WaitingRow(string Name, string Epoch, LedgerRow Row, ImmutableArray<string> Definitions)
{
    /// <summary>The settlement and the facts of <paramref name="draft"/>, and what the scripts say in <paramref name="head"/>.</summary>
    public static WaitingRow Of(string lease, string head, RowDraft draft)
    {
        var lines = head.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var fields = lines[0].Split('\t');
        var charges = lines.Skip(1).Select(l => l.Split('\t')).ToList();
        var kind = fields[1] switch { "S" => RowKind.Settled, "C" => RowKind.Correction, _ => RowKind.Abandoned };
        return new($"{lease}/{fields[1]}", fields[0], new()
        {
            Number = draft.Number,
            Kind = kind,
            CallId = draft.CallId,
            Key = draft.Key,
            Facts = draft.Facts,
            Settlement = draft.Settlement,
            StartedAt = StoreClock.At(Number(fields[2])),
            EndedAt = StoreClock.At(Number(fields[3])),
            CostNanos = Number(fields[4]),
            Tokens = Number(fields[5]),
            Charges = [.. charges.Select(Charged)],
        }, [.. charges.Select(c => c[1])]);
    }

    /// <summary>A row as the store keeps it; null: it cannot be read.</summary>
    public static WaitingRow? Parse(string name, string text)
    {
        var end = text.IndexOf("\n\n", StringComparison.Ordinal);
        return end >= 0 && RowDraft.Parse(text[(end + 2)..]) is { } draft ? Of(name[..name.LastIndexOf('/')], text[..end], draft) : null;
    }

    /// <summary>What was counted of it there; null: nothing.</summary>
    public Charge? CountedIn(string epoch, string budget, string definition)
    {
        if (Epoch != epoch)
            return null;
        for (var i = 0; i < Definitions.Length; i++)
        {
            if (Definitions[i] == definition && Row.Charges[i].Budget == budget)
                return Row.Charges[i];
        }

        return null;
    }

    private static Charge Charged(string[] fields) => new()
    {
        Budget = fields[0],
        PeriodStart = StoreClock.At(Number(fields[2])),
        Unit = fields[3] == "t" ? ChargeUnit.Tokens : ChargeUnit.Nanos,
        Amount = Number(fields[4]),
        Overshoot = Number(fields[5]),
    };

    private static long Number(string text) => long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
}
