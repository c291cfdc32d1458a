namespace Operator.Api;

/// <summary>Types of conditions. A type never changes its meaning.</summary>
internal static class ConditionTypes
{
    /// <summary>The summary, on every kind: the object does what its spec says.</summary>
    public const string Ready = "Ready";

    /// <summary>Only while true: the operator is still bringing the object to its spec (kstatus).</summary>
    public const string Reconciling = "Reconciling";

    /// <summary>Only while true: nothing will change until somebody mends the object (kstatus).</summary>
    public const string Stalled = "Stalled";

    /// <summary>Only while true: the annotation <c>llmgateway.dev/paused</c> is set.</summary>
    public const string Paused = "Paused";

    /// <summary>The spec is valid, and the gateway takes the object.</summary>
    public const string Accepted = "Accepted";

    /// <summary>Everything that the spec names is there and may be used.</summary>
    public const string ResolvedRefs = "ResolvedRefs";

    /// <summary>Running pods have accepted the config that carries this generation. Latched per generation.</summary>
    public const string Programmed = "Programmed";

    /// <summary>ModelRoute: every target has a price, so that money budgets can charge it.</summary>
    public const string Priced = "Priced";

    /// <summary>LlmGateway: the objects that it is made of are in the cluster as they should be.</summary>
    public const string Deployed = "Deployed";

    /// <summary>LlmGateway: at least one pod is ready.</summary>
    public const string Available = "Available";

    /// <summary>LlmGateway with <c>postgres</c>: every ready pod reaches it. Ready depends on it.</summary>
    public const string PostgresConnected = "PostgresConnected";

    /// <summary>LlmGateway with <c>redis</c>: every ready pod reaches it. Ready depends on it.</summary>
    public const string RedisConnected = "RedisConnected";

    /// <summary>VirtualKey: only while true, its time is over.</summary>
    public const string Expired = "Expired";

    /// <summary>VirtualKey: only while true, one of its budgets refuses calls. Does not touch Ready.</summary>
    public const string BudgetExceeded = "BudgetExceeded";

    /// <summary>
    /// Budget: spend has reached the limit. Unknown for a Budget that is not in the config, since nobody counts it. Does not touch Ready.
    /// </summary>
    public const string Exceeded = "Exceeded";

    /// <summary>Budget: spend survives the loss of a pod and of its volume.</summary>
    public const string Durable = "Durable";
}

/// <summary>
/// Reasons of conditions. Reconciling and Stalled have that of Ready, which has that of the first condition that does not hold.
/// </summary>
internal static class ConditionReasons
{
    /// <summary>Ready=True.</summary>
    public const string Ready = "Ready";

    /// <summary>Accepted=True.</summary>
    public const string Accepted = "Accepted";

    /// <summary>Accepted=False: a field is wrong. The last valid version stays in force where there is one.</summary>
    public const string Invalid = "Invalid";

    /// <summary>Accepted=True as a warning: the object works, but probably not as meant.</summary>
    public const string Questionable = "Questionable";

    /// <summary>Accepted=False: a gateway pod refused this version. The last valid version stays in force where there is one.</summary>
    public const string Rejected = "Rejected";

    /// <summary>Accepted=False: an older object has the same model name, alias or key.</summary>
    public const string Conflict = "Conflict";

    /// <summary>
    /// Accepted=False: the gateway's <c>allowedKeys</c> does not admit the object's namespace, or the scope reaches beyond it.
    /// </summary>
    public const string NotAllowed = "NotAllowed";

    /// <summary>Accepted=False: there is no LlmGateway of that name.</summary>
    public const string GatewayNotFound = "GatewayNotFound";

    /// <summary>Accepted=Unknown: the LlmGateway itself is not valid, so that nothing can be said to its pods.</summary>
    public const string GatewayInvalid = "GatewayInvalid";

    /// <summary>
    /// Accepted=Unknown, Ready=Unknown: seen for the first time, not judged yet. Programmed=Unknown: pods are ready, and none has taken
    /// this config yet; on an LlmGateway Programmed=False: some have, others have not. PostgresConnected or RedisConnected=Unknown: pods
    /// are ready, and none has told yet.
    /// </summary>
    public const string Pending = "Pending";

    /// <summary>Accepted=False: the deletion of the object has been asked for; it is out of the config already.</summary>
    public const string Terminating = "Terminating";

    /// <summary>Paused=True, and Reconciling is left alone: changes wait until the annotation is gone.</summary>
    public const string Paused = "Paused";

    /// <summary>ResolvedRefs=True.</summary>
    public const string ResolvedRefs = "ResolvedRefs";

    /// <summary>ResolvedRefs=False: there is no Secret of that name in the namespace.</summary>
    public const string SecretNotFound = "SecretNotFound";

    /// <summary>ResolvedRefs=False: the Secret has no such key, or it is empty.</summary>
    public const string SecretKeyMissing = "SecretKeyMissing";

    /// <summary>ResolvedRefs=False: Secrets of this type, or of the operator itself, may not be used.</summary>
    public const string SecretNotAllowed = "SecretNotAllowed";

    /// <summary>
    /// ResolvedRefs=False: the value holds what no HTTP header may hold, is no URI of the database or no PEM or, in the Secret that the
    /// operator made for a VirtualKey, no key of the operator's.
    /// </summary>
    public const string SecretValueInvalid = "SecretValueInvalid";

    /// <summary>ResolvedRefs=False: the gateway's <c>allowedUpstreamHosts</c> does not name the host of a target.</summary>
    public const string UpstreamNotAllowed = "UpstreamNotAllowed";

    /// <summary>ResolvedRefs=False: none of a route's targets can be used, so it is out.</summary>
    public const string NoUsableTarget = "NoUsableTarget";

    /// <summary>ResolvedRefs=True as a warning: a VirtualKey names a model that no route of the gateway serves.</summary>
    public const string ModelNotFound = "ModelNotFound";

    /// <summary>ResolvedRefs=False: a Secret that the operator did not make stands where it wants to write one.</summary>
    public const string SecretConflict = "SecretConflict";

    /// <summary>A key's Secret is immutable and so is its key: ResolvedRefs=True as a warning, or False where it holds none.</summary>
    public const string SecretImmutable = "SecretImmutable";

    /// <summary>
    /// The API server refuses to write a key's Secret (quota, policy, rights): ResolvedRefs=False, or True as a warning where there is a
    /// key.
    /// </summary>
    public const string SecretNotWritten = "SecretNotWritten";

    /// <summary>
    /// The API server does not give or take a Secret (its rights, or a fault of its own): ResolvedRefs=False, or True as a warning where
    /// the value that was read last still stands. Tried again by itself.
    /// </summary>
    public const string SecretUnreadable = "SecretUnreadable";

    /// <summary>ResolvedRefs=True as a warning: a fallback names a model that no route of the gateway serves.</summary>
    public const string FallbackNotFound = "FallbackNotFound";

    /// <summary>ResolvedRefs=True as a warning: a Budget selects no key now.</summary>
    public const string NoKeysSelected = "NoKeysSelected";

    /// <summary>ResolvedRefs=True as a warning: the labels of a namespace are not known, so a Budget takes its keys for selected.</summary>
    public const string NamespaceNotFound = "NamespaceNotFound";

    /// <summary>
    /// Accepted=True as a warning: a gateway admits keys by the labels of their namespaces, and an operator that watches some namespaces
    /// only cannot see labels.
    /// </summary>
    public const string NamespacesNotWatched = "NamespacesNotWatched";

    /// <summary>ResolvedRefs=False: a Budget names a VirtualKey that is not there.</summary>
    public const string VirtualKeyNotFound = "VirtualKeyNotFound";

    /// <summary>Priced=True.</summary>
    public const string Priced = "Priced";

    /// <summary>
    /// Priced=False: a target has no row in the price table and no <c>pricing</c> of its own. An unknown price is never zero.
    /// </summary>
    public const string PriceUnknown = "PriceUnknown";

    /// <summary>
    /// Priced=True as a warning: callers name the upstream model, and only those names have a price that the table lists.
    /// </summary>
    public const string PricedByModel = "PricedByModel";

    /// <summary>Accepted=True as a warning: a Budget counts in another currency than the prices of its models.</summary>
    public const string CurrencyMismatch = "CurrencyMismatch";

    /// <summary>Programmed=True.</summary>
    public const string Programmed = "Programmed";

    /// <summary>
    /// Available=False: no pod is ready. Programmed=Unknown: no pod can be reached; the config is written durably. PostgresConnected or
    /// RedisConnected=Unknown: no pod is ready.
    /// </summary>
    public const string NoPods = "NoPods";

    /// <summary>Deployed=True.</summary>
    public const string Deployed = "Deployed";

    /// <summary>
    /// Deployed=False: an object of somebody else stands in the way, the cluster does not know the kind, or the API server does not take it
    /// (a quota, a policy, rights).
    /// </summary>
    public const string Incomplete = "Incomplete";

    /// <summary>Available=True.</summary>
    public const string Available = "Available";

    /// <summary>PostgresConnected=True or RedisConnected=True.</summary>
    public const string Connected = "Connected";

    /// <summary>PostgresConnected=False or RedisConnected=False: at least one ready pod does not reach it; the message says why.</summary>
    public const string Unreachable = "Unreachable";

    /// <summary>Expired=True.</summary>
    public const string Expired = "Expired";

    /// <summary>BudgetExceeded=True.</summary>
    public const string BudgetExceeded = "BudgetExceeded";

    /// <summary>Exceeded=False.</summary>
    public const string WithinLimit = "WithinLimit";

    /// <summary>Exceeded=True.</summary>
    public const string LimitReached = "LimitReached";

    /// <summary>Durable=True.</summary>
    public const string Durable = "Durable";

    /// <summary>Durable=False: spend is counted on a volume that goes with the pod.</summary>
    public const string EphemeralStorage = "EphemeralStorage";
}
