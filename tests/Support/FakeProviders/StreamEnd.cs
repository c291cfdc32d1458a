namespace Support.FakeProviders;

/// <summary>How an answer ends that does not end well.</summary>
public enum StreamEnd
{
    /// <summary>In good order: the last HTTP chunk is sent, only the content is incomplete.</summary>
    Complete,

    /// <summary>By a TCP reset.</summary>
    Reset,

    /// <summary>By closing the connection in the middle of the body.</summary>
    HangUp,

    /// <summary>Not at all: the connection stays open in silence.</summary>
    Stall,
}
