using System.Globalization;

namespace Gateway.Server.Stores;

/// <summary>How a database is watched.</summary>
internal sealed record StoreWatchOptions
{
    /// <summary>From one question to the next.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an answer, connection included, may take.</summary>
    public TimeSpan Bound { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>What is said of a database that has not answered within <see cref="Bound"/>.</summary>
    public string NoAnswer => string.Create(CultureInfo.InvariantCulture, $"no answer in {Bound.TotalSeconds:0.#} s");
}
