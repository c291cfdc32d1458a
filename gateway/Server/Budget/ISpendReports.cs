using System.Collections.Immutable;

namespace Gateway.Server.Budget;

/// <summary>
/// Reads the ledger for people. Bounded in time and memory, and never on the path of a call; expected failures are values.
/// </summary>
internal interface ISpendReports
{
    /// <summary>Adds up the rows that match, in groups, which are sorted by their values.</summary>
    ValueTask<ReportOutcome<SpendReport>> SumAsync(SpendReportQuery query, CancellationToken cancellationToken);

    /// <summary>
    /// The rows that match, the latest first: by when their calls began or by when they were written, as the store keeps them.
    /// </summary>
    ValueTask<ReportOutcome<LedgerPage>> ListAsync(LedgerQuery query, CancellationToken cancellationToken);
}

/// <summary>Exactly one of the two.</summary>
internal readonly record struct ReportOutcome<T>(T? Value, ReportFailure? Failure)
    where T : class
{
    public static implicit operator ReportOutcome<T>(T value) => new(value, null);

    public static implicit operator ReportOutcome<T>(ReportFailure failure) => new(null, failure);
}

/// <summary>Why there is no report.</summary>
internal enum ReportFailure
{
    /// <summary>More groups than <see cref="SpendReportQuery.MostGroups"/>.</summary>
    TooManyGroups,

    /// <summary>There is more to read than time for it.</summary>
    TooLong,

    /// <summary>Others are being made.</summary>
    Busy,

    /// <summary>The ledger cannot be read now.</summary>
    Unavailable,

    /// <summary>The cursor is not one of this store's.</summary>
    BadCursor,
}

/// <summary>What is to be added up, and how it is to be split.</summary>
internal sealed record SpendReportQuery
{
    public const int MostGroups = 10_000;

    public required SpendFilter Filter { get; init; }

    /// <summary>In the order of the columns; empty: the total alone.</summary>
    public ImmutableArray<SpendDimension> GroupBy { get; init; } = [];
}

/// <summary>Which rows are wanted.</summary>
internal sealed record LedgerQuery
{
    public const int MostRows = 1_000;

    public required SpendFilter Filter { get; init; }

    /// <summary>Rows of a page, from 1 to <see cref="MostRows"/>; default 100.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>As the page before gave it; null: from the beginning.</summary>
    public string? Cursor { get; init; }
}

/// <summary>A part of the ledger. Null: not asked for.</summary>
internal sealed record SpendFilter
{
    /// <summary>Calls that began then or later.</summary>
    public required DateTimeOffset Start { get; init; }

    /// <summary>Calls that began before.</summary>
    public required DateTimeOffset End { get; init; }

    /// <summary><c>namespace/name</c>.</summary>
    public string? Key { get; init; }

    /// <summary>As the caller named it. A name that leads to no route is none.</summary>
    public string? Model { get; init; }

    /// <summary><c>namespace/name</c> of the route that answered, else of the one that was asked for.</summary>
    public string? Route { get; init; }

    public string? Tag { get; init; }

    public string? EndUser { get; init; }

    public string? Session { get; init; }

    public string? CallId { get; init; }

    public CallStatus? Status { get; init; }

    /// <summary>All of them must be the key's.</summary>
    public ImmutableSortedDictionary<string, string> Attribution { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
}

/// <summary>What a report is split by.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Attribution">With <see cref="DimensionKind.Attribution"/>: which.</param>
internal readonly record struct SpendDimension(DimensionKind Kind, string? Attribution = null);

/// <summary>What rows can be told apart by. Hours and days are UTC's, by the call's beginning.</summary>
internal enum DimensionKind
{
    Hour,
    Day,
    Key,
    Model,
    Route,
    Provider,
    Status,
    EndUser,

    /// <summary>A call with several counts for each: groups then add up to more than the total.</summary>
    Tag,
    Attribution,
}

internal sealed record SpendReport(ImmutableArray<SpendGroup> Groups, SpendSum Total);

/// <summary>One group.</summary>
/// <param name="Values">One for each dimension; null where a call has none.</param>
/// <param name="Sum">What its calls add up to.</param>
internal sealed record SpendGroup(ImmutableArray<string?> Values, SpendSum Sum)
{
    /// <summary>The order of a report: by the characters of the values, null first.</summary>
    public static IComparer<SpendGroup> ByValues { get; } = Comparer<SpendGroup>.Create(Compare);

    private static int Compare(SpendGroup a, SpendGroup b)
    {
        for (var i = 0; i < a.Values.Length; i++)
        {
            if (string.CompareOrdinal(a.Values[i], b.Values[i]) is not 0 and var order)
                return order;
        }

        return 0;
    }
}

/// <summary>A page of the ledger.</summary>
/// <param name="Rows">Fewer than were asked for are no sign of the end.</param>
/// <param name="Cursor">For the next page; null: this is the last.</param>
internal sealed record LedgerPage(ImmutableArray<LedgerRow> Rows, string? Cursor);
