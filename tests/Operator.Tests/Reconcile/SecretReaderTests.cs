using Microsoft.Extensions.Logging.Abstractions;
using Operator.Kubernetes;
using Operator.Reconcile;
using Operator.Tests.Kubernetes;
using Operator.Watch;

namespace Operator.Tests.Reconcile;

public sealed class SecretReaderTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_Secret_that_came_and_went_before_any_watch_told_of_it_is_not_kept()
    {
        await using var cluster = await TestCluster.StartAsync("double");
        await cluster.CreateSecretAsync("openai");
        var options = new InformerOptions { Backoff = TestCluster.Quick, Random = () => 0 };
        var silent = new Informer<PartialObjectMetadata>(
            cluster.Client, ResourceTypes.Secrets.MetadataOnly(), options, _ => { }, TimeProvider.System, NullLogger.Instance);
        var reader = new SecretReader(cluster.Client, silent, TimeProvider.System);
        (await reader.ReadAsync([cluster.Key("openai")], Cancellation)).Secrets.Length.ShouldBe(1);

        cluster.Double!.Delete("secrets", cluster.Namespace, "openai");

        (await reader.ReadAsync([cluster.Key("openai")], Cancellation)).Secrets.ShouldBeEmpty();
    }
}
