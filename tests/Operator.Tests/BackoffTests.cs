namespace Operator.Tests;

public sealed class BackoffTests
{
    [Theory]
    [InlineData(1, 0.0, 200)]
    [InlineData(2, 0.0, 400)]
    [InlineData(5, 0.0, 3200)]
    [InlineData(1, 0.5, 150)]
    [InlineData(9, 0.0, 30_000)]
    [InlineData(int.MaxValue, 0.5, 22_500)]
    public void Delay_Doubles_WithinItsBoundsAndJitter(int failures, double random, int milliseconds) =>
        new Backoff(TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(30), () => random).Delay(failures).ShouldBe(TimeSpan.FromMilliseconds(milliseconds));
}
