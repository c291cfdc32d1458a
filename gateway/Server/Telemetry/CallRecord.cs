using Gateway.Server.Config;
using Gateway.Server.Errors;
using Gateway.Server.Metering;

namespace Gateway.Server.Telemetry;

/// <summary>All that metrics want to know of a call that has ended, however it ended.</summary>
internal readonly record struct CallRecord
{
    public required Operation Operation { get; init; }

    /// <summary>That was asked for. Null: none was found; the caller's free text never becomes a label.</summary>
    public RouteModel? Route { get; init; }

    /// <summary>That <see cref="Target"/> belongs to: another one than <see cref="Route"/> after a fallback.</summary>
    public RouteModel? Served { get; init; }

    /// <summary>The target that answered, or that was tried last. Null: none was tried.</summary>
    public TargetModel? Target { get; init; }

    public KeyModel? Key { get; init; }

    /// <summary>As the client saw it.</summary>
    public required int StatusCode { get; init; }

    /// <summary>Set where the gateway itself said no or the answer was cut; an upstream's own error that is passed on has none.</summary>
    public ErrorKind? Error { get; init; }

    public bool Stream { get; init; }

    /// <summary>From the first byte of the request to the last of the answer.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>From sending the answering attempt upstream to the end of its answer.</summary>
    public TimeSpan? Upstream { get; init; }

    /// <summary>From sending the answering attempt upstream to the first content of a stream.</summary>
    public TimeSpan? FirstToken { get; init; }

    /// <summary>What the gateway itself took before it sent the call upstream and after the first byte of the answer was there.</summary>
    public TimeSpan? Overhead { get; init; }

    /// <summary>Null: nothing is known, and nothing is counted.</summary>
    public TokenUsage? Usage { get; init; }

    public Money Cost { get; init; }

    /// <summary>Of <see cref="Cost"/> and <see cref="Reserved"/>.</summary>
    public string? Currency { get; init; }

    /// <summary>What was reserved at first. The part of <see cref="Cost"/> beyond it is what budgets can be overshot by.</summary>
    public Money? Reserved { get; init; }

    /// <summary>Answered without a known price.</summary>
    public bool Unpriced { get; init; }

    /// <summary>Upstream requests, the first included.</summary>
    public int Attempts { get; init; }

    /// <summary>Models that were tried after the one asked for.</summary>
    public int Fallbacks { get; init; }
}
