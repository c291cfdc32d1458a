namespace Integration.Tests.Cluster;

/// <summary>One cluster for all tests that leave the next one a server and an operator that work.</summary>
[CollectionDefinition(Name)]
public sealed class SharedCluster : ICollectionFixture<GatewayCluster>
{
    /// <summary>Of the collection.</summary>
    public const string Name = "a cluster that stays whole";
}
