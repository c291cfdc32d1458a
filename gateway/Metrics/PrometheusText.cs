using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Gateway.Metrics;

/// <summary>
/// The text format, version 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format.
/// </summary>
public sealed class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new(16 * 1024);

    public void Header(MetricFamily family)
    {
        _text.Append("# HELP ").Append(family.PrometheusName).Append(' ');
        Escape(family.Help, quoted: false);
        _text.Append("\n# TYPE ").Append(family.PrometheusName).Append(' ').Append(family.Kind switch
        {
            MetricKind.Counter => "counter",
            MetricKind.Gauge => "gauge",
            _ => "histogram",
        }).Append('\n');
    }

    public void Sample(MetricFamily family, ImmutableArray<string> labels, decimal value) =>
        Line(family, "", labels, bound: null, value);

    public void Histogram(HistogramFamily family, HistogramSeries series)
    {
        // The count is that of the buckets just read, so that a scrape during a measurement still adds up.
        var count = 0L;
        var buckets = series.ReadBuckets();
        for (var i = 0; i < buckets.Length; i++)
        {
            count += buckets[i];
            var bound = i < family.ShownBounds.Length ? Format(family.ShownBounds[i]) : "+Inf";
            Line(family, "_bucket", series.Labels, bound, count);
        }

        Line(family, "_sum", series.Labels, bound: null, family.Unit.Show(series.Sum));
        Line(family, "_count", series.Labels, bound: null, count);
    }

    public override string ToString() => _text.ToString();

    private static string Format(decimal value) => value.ToString("0.#########", CultureInfo.InvariantCulture);

    private void Line(MetricFamily family, string suffix, ImmutableArray<string> labels, string? bound, decimal value)
    {
        _text.Append(family.PrometheusName).Append(suffix);
        var opening = '{';
        for (var i = 0; i < labels.Length; i++)
        {
            _text.Append(opening).Append(family.PrometheusLabelNames[i]).Append("=\"");
            Escape(labels[i], quoted: true);
            _text.Append('"');
            opening = ',';
        }

        if (bound is not null)
        {
            _text.Append(opening).Append("le=\"").Append(bound).Append('"');
            opening = ',';
        }

        _text.Append(opening == ',' ? "} " : " ").Append(Format(value)).Append('\n');
    }

    private void Escape(string text, bool quoted)
    {
        foreach (var c in text)
        {
            _ = c switch
            {
                '\\' => _text.Append(@"\\"),
                '\n' => _text.Append(@"\n"),
                '"' when quoted => _text.Append("\\\""),
                _ => _text.Append(c),
            };
        }
    }
}
