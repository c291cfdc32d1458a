namespace Operator.Api;

/// <summary>
/// What the user reads when a rule is broken: the same words from the API server (<see cref="Schema.CelRuleAttribute"/>) and from the
/// checks of the translation.
/// </summary>
internal static class RuleMessages
{
    public const string GatewayName =
        "`metadata.name` must be a DNS label of at most 50 characters that begins with a letter, because Services are named after it";

    public const string RedisRequiresPostgres =
        "`redis` requires `postgres`, because Redis holds only counters and Postgres the ledger that they are rebuilt from";

    public const string ReplicasRequirePostgres =
        "more than one of `replicas` requires `postgres`, because each replica would count budgets by itself";

    public const string AutoscalingRequiresPostgres =
        "`autoscaling` requires `postgres`, because each replica would count budgets by itself";

    public const string ImageNotLatest = "must not have the tag `latest`, because nobody could tell which version runs";

    public const string MinAboveMaxReplicas = "`minReplicas` must not be above `maxReplicas`";

    public const string OneStorage = "at most one of `persistentVolumeClaim` and `emptyDir` may be set";

    public const string OneExposure = "exactly one of `gatewayAPI` and `ingress` must be set";

    public const string OnePostgres = "exactly one of `secretRef` and `cloudNativePG` must be set";

    public const string OnePeer = "either `ipBlock` or at least one of `namespaceSelector` and `podSelector` must be set";

    public const string SelectorWithFrom = "`selector` must be set with `from: Selector`, and only then";

    public const string SelectorValues =
        "`values` must not be empty with `In` and `NotIn`, and must be empty with `Exists` and `DoesNotExist`";

    public const string AliasIsModel = "`aliases` must not hold `model` itself";

    public const string NoWeight = "at least one target must have a `weight` above 0";

    public const string NotAUrl = "must be an absolute http or https URL";

    public const string BaseUrlRequired = "`baseURL` is required with provider `OpenAICompatible`";

    public const string BaseUrlOfSimulated = "`baseURL` may not be specified when `provider` is `Simulated`";

    public const string CredentialsOfSimulated = "`credentials` may not be specified when `provider` is `Simulated`";

    public const string SimulatedOnly = "`simulated` may only be specified when `provider` is `Simulated`";

    public const string RetryAfterWithoutFault = "`faultRetryAfterSeconds` requires `faultStatus`";

    public const string CutOrError = "at most one of `cutAfterChunks` and `errorAfterChunks` may be set";

    public const string RotationOfValueFrom = "`rotation` may not be specified when `valueFrom` is, because that key is not ours to change";

    public const string SecretIsSource = "`secret.name` must not be the Secret that `valueFrom` reads";

    public const string KeyNameTooLong =
        "`metadata.name` must have at most 249 characters where `secret.name` is not set, because the Secret is named after it";

    public const string SecretNameImmutable = "`name` is immutable, because the key would stay behind in the Secret of the old name";

    public const string OverlapAbovePeriod = "`overlapSeconds` must be below `periodSeconds`";

    public const string OneScope =
        "exactly one of `gateway`, `virtualKeyRefs`, or `virtualKeySelector` and/or `namespaceSelector` must be set";

    public const string OneLimit = "exactly one of `cost` and `tokens` must be set";

    public const string MaxAmount = "must be at most 9000000";

    public const string Immutable = "is immutable";
}
