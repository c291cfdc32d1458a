using System.Globalization;

namespace Gateway.Server.Budget.Postgres;

/// <summary>The last row of a page: a row's primary key. Its text is <c>MICROSECONDS.KIND.CALL</c>.</summary>
internal readonly record struct LedgerCursor(DateTimeOffset StartedAt, RowKind Kind, string CallId)
{
    private static readonly long s_last = (DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public static bool TryParse(string text, out LedgerCursor cursor)
    {
        cursor = default;
        if (text.Split('.', 3) is not [var time, var kind, { Length: > 0 } callId]
            || !long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds)
            || microseconds > s_last
            || !Enum.TryParse<RowKind>(kind, out var rowKind)
            || rowKind.ToString() != kind)
            return false;
        cursor = new(DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond), rowKind, callId);
        return true;
    }

    public static LedgerCursor Of(LedgerRow row) => new(row.StartedAt, row.Kind, row.CallId);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{(StartedAt - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond}.{Kind}.{CallId}");
}
