using System.Text.RegularExpressions;

namespace Integration.Tests.Cluster;

/// <summary>What kubectl prints, without what differs between two runs: times, ages, versions, generated names, and width of columns.</summary>
internal static partial class KubectlText
{
    public static string Masked(string text, string ns)
    {
        text = text.Replace(ns, "<namespace>", StringComparison.Ordinal);
        foreach (var id in KeyIds().Matches(text).Select(m => m.Groups["id"].Value).Distinct().ToList())
            text = text.Replace(id, "<key>", StringComparison.Ordinal);
        text = Times().Replace(text, "<time>");
        text = Uids().Replace(text, "<uid>");
        text = Hashes().Replace(text, "<hash>");
        text = Versions().Replace(text, "${name}<n>");
        text = Ages().Replace(text, "<age>");
        return string.Join('\n', text.Split('\n').Select(l => Gaps().Replace(l.TrimEnd(), "  ")));
    }

    [GeneratedRegex(@"sk-(?<id>\w{11})", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex KeyIds();

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT[\d:.]+Z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Times();

    [GeneratedRegex(@"\w{8}(-\w{4}){3}-\w{12}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Uids();

    [GeneratedRegex(@"\b[0-9a-f]{64}\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Hashes();

    [GeneratedRegex(@"(?<name>revision |Revision: +|Resource Version: +)\d+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Versions();

    [GeneratedRegex(@"(?<= )(\d+s \(x\d+ over \d+s\)|\d+s)(?= |\n|$)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Ages();

    [GeneratedRegex(@"(?<=\S) {2,}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Gaps();
}
