using System.Globalization;
using System.Text;
using Gateway.Server.Budget;

namespace Gateway.Server.Endpoints;

/// <summary>A report as CSV: https://www.rfc-editor.org/rfc/rfc4180.</summary>
internal static class SpendCsv
{
    private const string Columns =
        "spend,currency,requests,failed_requests,refused_requests,prompt_tokens,cached_tokens,completion_tokens,total_tokens";

    /// <summary>Without groups the total is the one line.</summary>
    public static byte[] Report(SpendParameters parameters, SpendReport report)
    {
        var csv = new StringBuilder();
        foreach (var dimension in parameters.GroupBy)
            csv.Append(Field(SpendNames.Name(dimension))).Append(',');
        csv.Append(Columns).Append("\r\n");
        foreach (var group in parameters.GroupBy.IsEmpty ? [new([], report.Total)] : report.Groups)
            Append(csv, parameters, group);
        return Encoding.UTF8.GetBytes(csv.ToString());
    }

    private static void Append(StringBuilder csv, SpendParameters parameters, SpendGroup group)
    {
        foreach (var (dimension, value) in parameters.GroupBy.Zip(group.Values))
            csv.Append(Field(SpendNames.Value(dimension, value) ?? "")).Append(',');
        var sum = group.Sum;
        csv.Append(sum.IsMixed ? "," : $"{sum.Cost},{sum.Currency}");
        foreach (var number in (ReadOnlySpan<long>)
            [sum.Requests, sum.Failed, sum.Refused, sum.PromptTokens, sum.CachedTokens, sum.CompletionTokens, sum.Tokens])
            csv.Append(CultureInfo.InvariantCulture, $",{number}");
        csv.Append("\r\n");
    }

    /// <summary>
    /// Text that a spreadsheet would take for a formula is marked as text: callers choose it
    /// (https://owasp.org/www-community/attacks/CSV_Injection).
    /// </summary>
    private static string Field(string text)
    {
        if (text.Length > 0 && "=+-@\t\r\n".Contains(text[0], StringComparison.Ordinal))
            text = "'" + text;
        return text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
