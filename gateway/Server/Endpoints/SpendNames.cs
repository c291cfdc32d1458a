using Gateway.Server.Budget;

namespace Gateway.Server.Endpoints;

/// <summary>How what a report is split by, and how calls ended, is called on the wire.</summary>
internal static class SpendNames
{
    private const string AttributionPrefix = "attribution.";
    private const string Team = "team";

    private static readonly (string Name, CallStatus Status)[] s_statuses =
    [
        ("completed", CallStatus.Completed),
        ("failed", CallStatus.Failed),
        ("cut", CallStatus.Cut),
        ("client_closed", CallStatus.ClientClosed),
        ("abandoned", CallStatus.Abandoned),
        ("refused", CallStatus.Refused),
    ];

    private static readonly (string Name, DimensionKind Kind)[] s_dimensions =
    [
        ("hour", DimensionKind.Hour),
        ("day", DimensionKind.Day),
        ("key", DimensionKind.Key),
        ("model", DimensionKind.Model),
        ("route", DimensionKind.Route),
        ("provider", DimensionKind.Provider),
        ("status", DimensionKind.Status),
        ("tag", DimensionKind.Tag),
        ("end_user", DimensionKind.EndUser),
    ];

    public static string Statuses => string.Join(", ", s_statuses.Select(s => s.Name));

    public static string Dimensions => $"{string.Join(", ", s_dimensions.Select(d => d.Name))}, {Team} or {AttributionPrefix}NAME";

    public static CallStatus? Status(string name) =>
        s_statuses.Where(s => s.Name == name).Select(s => (CallStatus?)s.Status).FirstOrDefault();

    public static string Name(CallStatus status) => s_statuses.First(s => s.Status == status).Name;

    public static string? Value(SpendDimension dimension, string? value) =>
        dimension.Kind == DimensionKind.Status && value is not null ? Name(Enum.Parse<CallStatus>(value)) : value;

    public static SpendDimension? Dimension(string name)
    {
        if (name == Team)
            return new(DimensionKind.Attribution, Team);
        if (name.StartsWith(AttributionPrefix, StringComparison.Ordinal) && name.Length > AttributionPrefix.Length)
            return new(DimensionKind.Attribution, name[AttributionPrefix.Length..]);
        return s_dimensions.Where(d => d.Name == name).Select(d => (SpendDimension?)new SpendDimension(d.Kind)).FirstOrDefault();
    }

    public static string Name(SpendDimension dimension) => dimension switch
    {
        { Attribution: Team } => Team,
        { Attribution: { } name } => AttributionPrefix + name,
        _ => s_dimensions.First(d => d.Kind == dimension.Kind).Name,
    };
}
