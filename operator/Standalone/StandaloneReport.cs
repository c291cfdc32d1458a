using System.Collections.Immutable;
using Operator.Standalone.Manifests;
using Operator.Status;

namespace Operator.Standalone;

/// <summary>
/// What the user sees. Standard output has the table and the two exports, so that a shell can evaluate them; all else goes to standard
/// error. Everything is said once, and again only when it has changed.
/// </summary>
internal sealed class StandaloneReport(TextWriter output, TextWriter error)
{
    private readonly Lock _lock = new();
    private ImmutableArray<ManifestProblem> _problems = [];
    private long _live;
    private string _fingerprint = "";
    private string _exports = "";

    public void Notice(string text)
    {
        lock (_lock)
            error.WriteLine(text);
    }

    /// <summary>All of them, whenever one has come or gone.</summary>
    public void Problems(ImmutableArray<ManifestProblem> problems)
    {
        lock (_lock)
        {
            if (_problems.SequenceEqual(problems))
                return;
            foreach (var problem in problems)
                error.WriteLine(problem);
            error.WriteLine(problems.IsEmpty ? "no problems any more" : Count(problems));
            _problems = problems;
        }
    }

    /// <summary>What is served now, whenever that is another config than before.</summary>
    public void Live(long revision)
    {
        lock (_lock)
        {
            if (revision != _live)
                error.WriteLine(FormattableString.Invariant($"config {revision} is live"));
            _live = revision;
        }
    }

    /// <summary>When anything but spend and age has changed.</summary>
    public void Table(ResourceStatuses statuses, DateTimeOffset now)
    {
        var fingerprint = string.Concat(
            ResourceTable.Fingerprint([statuses.Gateway]),
            ResourceTable.Fingerprint(statuses.Routes),
            ResourceTable.Fingerprint(statuses.Keys),
            ResourceTable.Fingerprint(statuses.Budgets));
        lock (_lock)
        {
            if (fingerprint == _fingerprint)
                return;
            _fingerprint = fingerprint;
            Section(ResourceTable.Render([statuses.Gateway], now));
            Section(ResourceTable.Render(statuses.Routes, now));
            Section(ResourceTable.Render(statuses.Keys, now));
            Section(ResourceTable.Render(statuses.Budgets, now));
            output.Flush();
        }
    }

    /// <summary>Two lines for a shell, when they are others than before.</summary>
    public void Exports(string url, string? key)
    {
        var exports = $"export GATEWAY_URL={url}\n" + (key is null ? "" : $"export GATEWAY_KEY={Quote(key)}\n");
        lock (_lock)
        {
            if (exports == _exports)
                return;
            _exports = exports;
            output.Write(exports);
            output.Flush();
        }
    }

    private static string Count(ImmutableArray<ManifestProblem> problems)
    {
        var warnings = problems.Count(p => p.IsWarning);
        var errors = problems.Length - warnings;
        return $"{Count(errors, "error")}, {Count(warnings, "warning")}: all that is not named here is in force";
    }

    private static string Count(int of, string what) => FormattableString.Invariant($"{of} {what}{(of == 1 ? "" : "s")}");

    /// <summary>Tables end with a new line; an empty one keeps them apart.</summary>
    private void Section(string table)
    {
        if (table.Length > 0)
            output.WriteLine(table);
    }

    /// <summary>Keys that the operator made need no quotes; one that a user brought may hold anything.</summary>
    private static string Quote(string text) =>
        text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? text
            : $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
