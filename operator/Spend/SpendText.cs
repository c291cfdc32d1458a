using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Operator.Spend;

/// <summary>Reports of one gateway or several as one text. Amounts stay exact.</summary>
internal static class SpendText
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly ImmutableArray<(string Name, string Header, Func<SpendLine, long> Of)> s_numbers =
    [
        ("requests", "REQUESTS", l => l.Requests),
        ("failed_requests", "FAILED", l => l.Failed),
        ("refused_requests", "REFUSED", l => l.Refused),
        ("prompt_tokens", "PROMPT", l => l.PromptTokens),
        ("cached_tokens", "CACHED", l => l.CachedTokens),
        ("completion_tokens", "COMPLETION", l => l.CompletionTokens),
        ("total_tokens", "TOKENS", l => l.TotalTokens),
    ];

    /// <param name="format">For whom.</param>
    /// <param name="reports">One at least; all of the same question.</param>
    public static string Of(SpendFormat format, IReadOnlyList<SpendReport> reports) => format switch
    {
        SpendFormat.Json => Json(reports),
        SpendFormat.Csv => Csv(reports),
        _ => Table(reports),
    };

    /// <summary>The last line is the total. A column for the gateway where there are several.</summary>
    private static string Table(IReadOnlyList<SpendReport> reports)
    {
        var hasGateways = reports.Count > 1;
        List<string[]> rows =
        [
            Cells(hasGateways, "GATEWAY", reports[0].GroupBy.Select(n => n.ToUpperInvariant()), s_numbers.Select(n => n.Header), "SPEND"),
            .. reports.SelectMany(r => Lines(r).Select(l =>
                Cells(hasGateways, r.Gateway.ToString(), l.Groups.Select(g => Printable(g.Value)), Numbers(l), Amount(l)))),
        ];
        var total = Total(reports);
        if (rows[0].Length > 1 + s_numbers.Length && rows.Count != 2)
        {
            var groups = reports[0].GroupBy.Select(_ => "").ToArray();
            var sum = Cells(hasGateways, "", groups, Numbers(total), Amount(total));
            sum[0] = "TOTAL";
            rows.Add(sum);
        }

        return TextTable.Lay(rows);
    }

    private static string[] Cells(bool hasGateway, string gateway, IEnumerable<string> groups, IEnumerable<string> numbers, string amount) =>
        [.. hasGateway ? [gateway] : ImmutableArray<string>.Empty, .. groups, .. numbers, amount];

    /// <summary>The names of the members are those of <c>GET /spend/report</c>.</summary>
    private static string Json(IReadOnlyList<SpendReport> reports) => new JsonObject
    {
        ["start_date"] = reports[0].Start,
        ["end_date"] = reports[0].End,
        ["results"] = new JsonArray([.. reports.SelectMany(r => Lines(r).Select(l => Json(l, r.Gateway.ToString())))]),
        ["total"] = Json(Total(reports), gateway: null),
    }.ToJsonString(s_json) + "\n";

    private static JsonObject Json(SpendLine line, string? gateway)
    {
        var json = new JsonObject();
        if (gateway is not null)
            json["gateway"] = gateway;
        foreach (var (name, value) in line.Groups)
            json[name] = value;
        json["spend"] = line.Spend;
        json["currency"] = line.Currency;
        foreach (var (name, _, of) in s_numbers)
            json[name] = of(line);
        return json;
    }

    /// <summary>https://www.rfc-editor.org/rfc/rfc4180</summary>
    private static string Csv(IReadOnlyList<SpendReport> reports)
    {
        var csv = new StringBuilder();
        Append(["gateway", .. reports[0].GroupBy, "spend", "currency", .. s_numbers.Select(n => n.Name)]);
        foreach (var report in reports)
        {
            foreach (var line in Lines(report))
                Append([report.Gateway.ToString(), .. line.Groups.Select(g => g.Value ?? ""), Exact(line.Spend), line.Currency ?? "", .. Numbers(line)]);
        }

        return csv.ToString();

        void Append(IEnumerable<string> fields) => csv.AppendJoin(',', fields.Select(Field)).Append("\r\n");
    }

    /// <summary>
    /// Text that a spreadsheet would take for a formula is marked as text: callers choose it
    /// (https://owasp.org/www-community/attacks/CSV_Injection).
    /// </summary>
    private static string Field(string text)
    {
        if (text.Length > 0 && "=+-@\t\r".Contains(text[0], StringComparison.Ordinal))
            text = "'" + text;
        return text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    /// <summary>Where nothing is grouped the total is the one line.</summary>
    private static ImmutableArray<SpendLine> Lines(SpendReport report) =>
        report.Lines.IsEmpty && report.GroupBy.IsEmpty ? [report.Total] : report.Lines;

    private static SpendLine Total(IReadOnlyList<SpendReport> reports) => SpendLine.Sum([.. reports.Select(r => r.Total)]);

    private static IEnumerable<string> Numbers(SpendLine line) => s_numbers.Select(n => n.Of(line).ToString(CultureInfo.InvariantCulture));

    private static string Amount(SpendLine line) => line.Spend is null ? "several currencies" : $"{Exact(line.Spend)} {line.Currency}".TrimEnd();

    private static string Exact(decimal? amount) => amount?.ToString("0.#########", CultureInfo.InvariantCulture) ?? "";

    /// <summary>Callers choose some of the values: none may move the cursor of who reads them.</summary>
    private static string Printable(string? value) =>
        string.IsNullOrEmpty(value) ? "-" : string.Concat(value.Select(c => char.IsControl(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format ? '?' : c));
}
