namespace Gateway.Server.Budget.Embedded;

/// <summary>What one key has used. Guarded by the store's lock.</summary>
internal sealed class KeyAccount(string id)
{
    public string Id { get; } = id;

    /// <summary>Ever, in nanos.</summary>
    public long Spent { get; private set; }

    /// <summary>The UTC minute that is counted, in minutes since 1970.</summary>
    public long Minute { get; private set; }

    /// <summary>Calls admitted in it.</summary>
    public long Requests { get; private set; }

    /// <summary>Tokens of those calls: reserved, or used once that is known.</summary>
    public long Tokens { get; private set; }

    /// <summary>Live calls.</summary>
    public long Parallel { get; private set; }

    public DateTimeOffset MinuteEnd => DateTimeOffset.FromUnixTimeSeconds((Minute + 1) * 60);

    public static long MinuteOf(DateTimeOffset instant) => instant.ToUnixTimeSeconds() / 60;

    /// <summary>Counts a call of that minute.</summary>
    public void Admit(DateTimeOffset startedAt, long tokens)
    {
        Enter(startedAt);
        Requests++;
        Tokens += tokens;
        Parallel++;
    }

    /// <summary>The call is not live any more, and used so many tokens more or less than stands for it in its minute.</summary>
    public void Leave(DateTimeOffset startedAt, long difference)
    {
        Parallel--;
        Reconcile(startedAt, difference);
    }

    /// <summary>Takes a call back that was never sent.</summary>
    public void Withdraw(DateTimeOffset startedAt, long tokens)
    {
        Leave(startedAt, -tokens);
        if (MinuteOf(startedAt) == Minute && Requests > 0)
            Requests--;
    }

    /// <summary>Puts other tokens in the place of what stands for a call, if its minute is still the one that is counted.</summary>
    public void Reconcile(DateTimeOffset startedAt, long difference)
    {
        if (MinuteOf(startedAt) == Minute)
            Tokens = Math.Max(Tokens + difference, 0);
    }

    /// <summary>Starts the counts anew when the instant is in another minute.</summary>
    public void Enter(DateTimeOffset now)
    {
        var minute = MinuteOf(now);
        if (minute == Minute)
            return;
        Minute = minute;
        Requests = 0;
        Tokens = 0;
    }

    public void Restore(long spent, long minute, long requests, long tokens)
    {
        Spent = spent;
        Minute = minute;
        Requests = requests;
        Tokens = tokens;
    }

    public void Spend(long nanos) => Spent += Math.Clamp(nanos, -Spent, long.MaxValue - Spent);
}
