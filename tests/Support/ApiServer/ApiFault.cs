namespace Support.ApiServer;

/// <summary>What goes wrong with a call. A closed set.</summary>
public abstract record ApiFault
{
    /// <summary>It is answered so and not done.</summary>
    public sealed record Answer(int Status, string Reason = "InternalError", TimeSpan? RetryAfter = null) : ApiFault;

    /// <summary>The connection breaks after so many bytes of the body.</summary>
    public sealed record CutAfter(int Bytes) : ApiFault;

    /// <summary>It is answered when the task has ended.</summary>
    public sealed record Hold(Task Until) : ApiFault;

    /// <summary>It is never answered.</summary>
    public sealed record Silence : ApiFault;

    /// <summary>It is done, and the connection breaks before the answer.</summary>
    public sealed record LostAnswer : ApiFault;

    /// <summary>It is answered with this body and status 200, and not done.</summary>
    public sealed record Body(string Text) : ApiFault;
}
