namespace Gateway.Server.Budget;

/// <summary>
/// Keeps the ledger bounded when a client hammers a spent budget. The first refused calls of a key in a UTC minute have rows of their own,
/// unless all keys together have many; further ones are gathered by what they were told, into one row each when the minute is over, which
/// looks like the last of them and says how many they were. No clock and no lock.
/// </summary>
internal sealed class RefusedCalls
{
    /// <summary>Of each key, in each minute.</summary>
    public const int OwnRows = 60;

    /// <summary>Of all keys together, in each minute.</summary>
    public const int MostOwnRows = 6_000;

    // A key that waits to be gathered costs some hundred bytes: beyond this many only new ones are not told apart any more.
    private const int MostGathered = 10_000;

    private readonly Dictionary<string, int> _seen = [];
    private readonly Dictionary<(string Key, string? Error), LedgerRow> _gathered = [];
    private long _minute;
    private int _own;

    /// <summary>The row to write now, and those of a minute that is over.</summary>
    public IEnumerable<LedgerRow> Add(RefusedCall call, DateTimeOffset now)
    {
        var due = Due(now);
        var row = Row(call, now);
        var seen = _seen.GetValueOrDefault(call.KeyId);
        if (seen < OwnRows && _own < MostOwnRows)
        {
            _seen[call.KeyId] = seen + 1;
            _own++;
            return due.Append(row);
        }

        Gather(row);
        return due;
    }

    /// <summary>The gathered rows of a minute that is over: empty before.</summary>
    public IReadOnlyList<LedgerRow> Due(DateTimeOffset now)
    {
        var minute = now.ToUnixTimeSeconds() / 60;
        if (minute == _minute)
            return [];
        _minute = minute;
        _own = 0;
        _seen.Clear();
        return TakeAll();
    }

    /// <summary>All that is gathered so far.</summary>
    public IReadOnlyList<LedgerRow> TakeAll()
    {
        if (_gathered.Count == 0)
            return [];
        LedgerRow[] rows = [.. _gathered.Values];
        _gathered.Clear();
        return rows;
    }

    private void Gather(LedgerRow row)
    {
        var group = (row.Key, row.Settlement!.Error);
        if (_gathered.TryGetValue(group, out var former))
            _gathered[group] = row with { Calls = former.Calls + 1 };
        else if (_gathered.Count < MostGathered)
            _gathered.Add(group, row with { Calls = 1 });
    }

    private static LedgerRow Row(RefusedCall call, DateTimeOffset now) => new()
    {
        Kind = RowKind.Refused,
        Number = 0,
        CallId = call.CallId,
        StartedAt = now,
        EndedAt = now,
        Key = call.KeyId,
        Facts = LedgerText.Bound(call.Facts),
        CostNanos = 0,
        Tokens = 0,
        Charges = [],
        Settlement = call.Settlement,
    };
}
