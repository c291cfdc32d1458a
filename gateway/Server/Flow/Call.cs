using Gateway.Server.Budget;
using Gateway.Server.Config;
using Gateway.Server.Endpoints;
using Gateway.Server.Errors;
using Gateway.Server.Metering;
using Gateway.Server.Streaming;

namespace Gateway.Server.Flow;

/// <summary>What is known of a call so far. Each step of the flow adds its part; the last one charges by what is there.</summary>
internal sealed class Call(HttpContext context, Operation operation, RequestBody body, TimeProvider time) : IDisposable
{
    private readonly long _started = time.GetTimestamp();

    public HttpContext Context { get; } = context;

    public Operation Operation { get; } = operation;

    public Dialect Dialect { get; } = operation.Dialect();

    public RequestBody Body { get; } = body;

    public string Id => Context.TraceIdentifier;

    public TimeSpan Elapsed => time.GetElapsedTime(_started);

    public KeyModel? Caller { get; set; }

    /// <summary><c>namespace/name</c> of the LlmGateway whose config is in force for the call.</summary>
    public string? Gateway { get; set; }

    /// <summary>The model that is asked for.</summary>
    public string? Model { get; set; }

    public RequestFields? Fields { get; set; }

    public CallPlan? Plan { get; set; }

    public CallCeiling Ceiling { get; set; }

    public Reservation? Reservation { get; set; }

    /// <summary>The group and the target of the attempt that is under way, answered, or was the last.</summary>
    public CandidateGroup? Group { get; set; }

    public TargetModel? Target { get; set; }

    /// <summary>What <see cref="Target"/> asks for the model; null: not known.</summary>
    public PriceModel? Price { get; set; }

    /// <summary>Of the attempt that answered, or would have, had the call not been given up; null while there is none.</summary>
    public AnswerTap? Tap { get; set; }

    /// <summary>What is owed for attempts that failed after their upstream had reported usage; null: nothing.</summary>
    public LostCost? Lost { get; set; }

    public int Attempts { get; set; }

    /// <summary>Groups left behind before the one that answers.</summary>
    public int Fallbacks { get; set; }

    /// <summary>Spent waiting for upstreams and for time to pass between attempts.</summary>
    public TimeSpan Waited { get; set; }

    /// <summary>From sending the answering attempt to the first of its content.</summary>
    public TimeSpan? FirstToken { get; set; }

    public CallStatus Status { get; set; } = CallStatus.Failed;

    /// <summary>What it was charged; null while it was not.</summary>
    public Charge? Settled { get; set; }

    /// <summary>Set where the gateway said no, or the answer broke off.</summary>
    public ErrorKind? Error { get; set; }

    /// <summary>What the ledger is told of the call's beginning, as far as it came. Of a call whose key is known.</summary>
    public CallFacts Facts() => new()
    {
        Gateway = Gateway,
        Model = Model ?? "",
        Route = Plan?.Route?.Id ?? "",
        Stream = Fields?.Stream ?? false,
        EndUser = CallLabels.EndUser(Context.Request.Headers) ?? Fields?.EndUser,
        Session = CallLabels.Session(Context.Request.Headers),
        Tags = CallLabels.Tags(Context.Request.Headers),
        Attribution = Caller!.Attribution,
    };

    public void Dispose() => Body.Dispose();
}
