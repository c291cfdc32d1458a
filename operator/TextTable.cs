using System.Text;

namespace Operator;

/// <summary>Rows of cells as text, columns three spaces apart, as kubectl does.</summary>
internal static class TextTable
{
    /// <summary>A line for each row; every row has as many cells as the first.</summary>
    public static string Lay(IReadOnlyList<string[]> rows)
    {
        if (rows.Count == 0)
            return "";
        var widths = Enumerable.Range(0, rows[0].Length).Select(i => rows.Max(r => r[i].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var row in rows)
        {
            for (var i = 0; i < row.Length; i++)
                text.Append(i == row.Length - 1 ? row[i] : row[i].PadRight(widths[i] + 3));
            text.Append('\n');
        }

        return text.ToString();
    }
}
