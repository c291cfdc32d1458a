using System.Diagnostics;
using System.Security.Cryptography;
using Operator.Api;
using Operator.Keys;
using Operator.Kubernetes;
using Operator.Status;
using Operator.Translate;

namespace Operator.Reconcile;

/// <summary>
/// Keeps the Secrets of VirtualKeys: reads, asks <see cref="KeyPlanning"/>, writes. What it gives is in the API server before it is given,
/// so that no gateway ever knows a key that can be lost. Killed between any two steps, the next run goes on where this one ended.
/// </summary>
internal sealed class KeySecrets(KubernetesClient client, TimeProvider time)
{
    private const string FieldManager = "llm-gateway-operator-keys";

    /// <summary>So often somebody else may be faster in one run.</summary>
    private const int MaxAttempts = 3;

    /// <summary>When a write is tried again that the server refuses by a rule: nobody tells when the rule changes.</summary>
    private static readonly TimeSpan s_untilRuleChanges = TimeSpan.FromMinutes(1);

    /// <summary>One step in the life of a key: made, made anew, rotated, or left as it is.</summary>
    /// <param name="of">The VirtualKey.</param>
    /// <param name="isAcknowledged">Whether every gateway pod that serves takes the key with this hash.</param>
    /// <param name="cancellation">Leaves whatever was written.</param>
    public async Task<KeyOutcome> AdvanceAsync(VirtualKey of, Func<string, bool> isAcknowledged, CancellationToken cancellation)
    {
        var at = new ObjectKey(of.Metadata.Namespace, KeyStatus.SecretOf(of).Name);
        for (var attempt = 1; ; attempt++)
        {
            var read = await client.GetAsync(ResourceTypes.Secrets, at, cancellation);
            if (!read.IsSuccess && !read.FailedBy(ApiFailureReason.NotFound))
                return new() { Failure = read.Failure };

            var plan = KeyPlanning.Of(of, read.Value, ApiTime.Seconds(time.GetUtcNow()), isAcknowledged, Create);
            if (plan.Write is not { } write)
                return Done(of, plan, read.Value);
            var written = await WriteAsync(at, write, cancellation);
            if (written.IsSuccess)
                return Done(of, plan, written.Value);
            if (!IsOvertaken(written.Failure) || attempt == MaxAttempts)
                return Failed(plan, written.Failure, read.Value);
        }
    }

    private Task<ApiOutcome<Secret>> WriteAsync(ObjectKey at, KeyWrite write, CancellationToken cancellation) => write switch
    {
        KeyWrite.Create create => client.CreateAsync(ResourceTypes.Secrets, create.Secret, cancellation),
        KeyWrite.Patch patch => client.PatchAsync(
            ResourceTypes.Secrets, at, patch.Body, new() { FieldManager = FieldManager }, cancellation),
        _ => throw new UnreachableException($"no such write: {write}"),
    };

    private static KeyOutcome Done(VirtualKey of, KeyPlan plan, Secret? secret) => new()
    {
        SecretVersion = secret?.Metadata.ResourceVersion,
        Material = plan.After,
        Problem = plan.Problem,
        NextTime = plan.NextTime,
        Event = plan.News is not { } news
            ? null
            : new()
            {
                Regarding = of,
                Type = news.IsWarning ? EventType.Warning : EventType.Normal,
                Reason = news.Reason,
                Action = "KeepKey",
                Note = news.Note,
            },
    };

    /// <summary>What stood before the write still stands, or the write was done after all and takes it as well.</summary>
    private KeyOutcome Failed(KeyPlan plan, ApiFailure failure, Secret? secret)
    {
        if (!failure.IsByRule)
            return new() { Material = plan.Before, Failure = failure };
        return new()
        {
            SecretVersion = secret?.Metadata.ResourceVersion,
            Material = plan.Before,
            Problem = new(
                ConditionReasons.SecretNotWritten, "spec.secret.name", $"the API server refuses to write the Secret: {failure.Message}"),
            NextTime = time.GetUtcNow() + s_untilRuleChanges,
        };
    }

    /// <summary>Made, changed or deleted since it was read. A namespace that is gone says the same as a deleted Secret.</summary>
    private static bool IsOvertaken(ApiFailure failure) =>
        failure.Reason is ApiFailureReason.AlreadyExists or ApiFailureReason.Conflict or ApiFailureReason.NotFound;

    private static GeneratedKey Create() =>
        GeneratedKey.Create(RandomNumberGenerator.GetBytes(GeneratedKey.IdBytes), RandomNumberGenerator.GetBytes(GeneratedKey.SecretBytes));
}

/// <summary>What stands for a VirtualKey after a step. Holds no key.</summary>
internal sealed record KeyOutcome
{
    /// <summary>
    /// What the gateway shall take; null: nothing, or, with a <see cref="Failure"/>, what it took before: a server that does not answer
    /// revokes no key.
    /// </summary>
    public KeyMaterial? Material { get; init; }

    /// <summary>The version of the Secret that this was said of; null: there is none, or it could not be read.</summary>
    public string? SecretVersion { get; init; }

    /// <summary>What somebody must mend; null: nothing.</summary>
    public KeyProblem? Problem { get; init; }

    /// <summary>Why the step must be tried again with a pause; null: it need not.</summary>
    public ApiFailure? Failure { get; init; }

    /// <summary>What to tell; null: nothing.</summary>
    public EventText? Event { get; init; }

    /// <summary>When time alone asks for the next step: a rotation, the end of an overlap; null: never.</summary>
    public DateTimeOffset? NextTime { get; init; }
}
