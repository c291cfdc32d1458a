using Gateway.Server.Stores;

namespace Gateway.Server.Budget.Redis;

/// <summary>What came back of a script.</summary>
internal readonly record struct RedisReply(RedisAnswer Answer)
{
    public static readonly RedisReply Unsent = new(RedisAnswer.Unsent);

    /// <summary>Null: it failed.</summary>
    public RespValue[]? Items => Answer.Value.List;

    /// <summary>True: it was done, or nobody knows.</summary>
    public bool MayBeDone => Answer.MayBeDone;

    /// <summary>Why it failed; else null.</summary>
    public string? Failure => Answer.Failure ?? Answer.Value.Error;

    /// <summary>The server answered, and did not do it.</summary>
    public bool IsRefused => Answer.Value.Error is not null;

    /// <summary>The word that every script's answer begins with; null where there is none.</summary>
    public string? Code => Items is { Length: > 0 } items ? items[0].Text : null;

    public bool IsOk => Code == "OK";

    /// <summary>The store's clock, in microseconds since 1970.</summary>
    public long Now => Number(1);

    public long Number(int index) => Items![index].Number;

    public string Text(int index) => Items![index].Text ?? "";

    public RespValue[] List(int index) => Items![index].List ?? [];
}
