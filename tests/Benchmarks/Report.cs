using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Benchmarks;

/// <summary>The table for people and the file for machines.</summary>
internal sealed class Report
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private readonly List<Figure> _figures = [];

    /// <summary>Prints it at once: a whole run takes minutes.</summary>
    public void Add(Figure figure)
    {
        _figures.Add(figure);
        var target = figure.Target is { } most ? string.Create(CultureInfo.InvariantCulture, $"{(figure.IsRate ? ">=" : "<=")} {most:0.##}") : "";
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{figure.Name,-54} {figure.Value,9:0.00} {figure.Unit,-8} {target,-8} {figure.Verdict,-7} {figure.Detail}").TrimEnd());
    }

    public void Add(IEnumerable<Figure> figures)
    {
        foreach (var figure in figures)
            Add(figure);
    }

    public void Write(string path) => File.WriteAllText(path, JsonSerializer.Serialize(_figures, s_json) + "\n");
}
