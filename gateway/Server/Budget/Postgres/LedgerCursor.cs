using System.Globalization;

namespace Gateway.Server.Budget.Postgres;

/// <summary>Where a page of the ledger ended: the primary key of its last row.</summary>
internal readonly record struct LedgerCursor(DateTimeOffset StartedAt, RowKind Kind, string CallId)
{
    public static LedgerCursor Of(LedgerRow row) => new(row.StartedAt, row.Kind, row.CallId);

    public static bool TryParse(string text, out LedgerCursor cursor)
    {
        cursor = default;
        var parts = text.Split(':', 3);
        if (parts.Length != 3
            || !long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
            || ticks > DateTimeOffset.MaxValue.UtcTicks
            || !Enum.TryParse(parts[1], out RowKind kind)
            || parts[2].Contains('\0', StringComparison.Ordinal))
        {
            return false;
        }

        cursor = new(new(ticks, TimeSpan.Zero), kind, parts[2]);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{StartedAt.UtcTicks}:{Kind}:{CallId}");
}
