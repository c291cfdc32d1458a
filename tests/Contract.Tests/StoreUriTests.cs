using Gateway.Contract;

namespace Contract.Tests;

public sealed class StoreUriTests
{
    private const string Secret = "s3cret";

    [Fact]
    public void PostgresUriWithEverything_IsDecoded()
    {
        var (uri, problem) = StoreUri.Postgres(
            "postgresql://us%40er:p%2Fa%3As@s%25@a.example:5433,[::1],b/my%20db?sslmode=verify-full&application_name=x&schema=public");

        problem.ShouldBeNull();
        uri.ShouldNotBeNull();
        uri.User.ShouldBe("us@er");
        uri.Password.ShouldBe("p/a:s@s%");
        uri.Hosts.ShouldBe([new("a.example", 5433), new("::1", null), new("b", null)]);
        uri.Database.ShouldBe("my db");
        uri.Parameters["sslmode"].ShouldBe("verify-full");
        uri.ToString().ShouldBe("postgresql://a.example:5433,[::1],b");
    }

    [Theory]
    [InlineData("postgres://h", "h", null, "")]
    [InlineData("POSTGRESQL://u@h:1/d", "h", 1, "d")]
    [InlineData("postgresql://u:p@10.0.0.1:5432/d?", "10.0.0.1", 5432, "d")]
    [InlineData("postgresql://h?sslmode=disable", "h", null, "")]
    public void PostgresUri_IsRead(string text, string host, int? port, string database)
    {
        var (uri, _) = StoreUri.Postgres(text);

        uri.ShouldNotBeNull();
        uri.Hosts.ShouldHaveSingleItem().ShouldBe(new(host, port));
        uri.Database.ShouldBe(database);
    }

    [Theory]
    [InlineData("", "must be a URI")]
    [InlineData("Host=h;Password=s3cret", "must be a URI")]
    [InlineData("mysql://u:s3cret@h/d", "must begin with postgresql://")]
    [InlineData("postgresql://u:s3cret@/d", "must name a host")]
    [InlineData("postgresql://u:s3cret/x@h/d", "percent-encode")]
    [InlineData("postgresql://u:s3cret?x@h/d", "percent-encode")]
    [InlineData("postgresql://u:s3cret@h:0/d", "must name a host")]
    [InlineData("postgresql://u:s3cret@h:99999/d", "must name a host")]
    [InlineData("postgresql://u:s3cret@a,,b/d", "must name a host")]
    [InlineData("postgresql://u:s3cret@h;Password=x/d", "must name a host")]
    [InlineData("postgresql://u:s3cret@[::1/d", "must name a host")]
    [InlineData("postgresql://u:s3cret@h/d?sslmode=s3cret", "sslmode must be one of")]
    public void BadPostgresUri_IsRefusedWithoutAWordOfThePassword(string text, string problem) =>
        ShouldBeRefused(StoreUri.Postgres(text), problem);

    [Theory]
    [InlineData("redis://h", null, "h", null, "")]
    [InlineData("redis://:s%2F3@h:6380/2", "s/3", "h", 6380, "2")]
    [InlineData("rediss://default:s3cret@10.0.0.1", "s3cret", "10.0.0.1", null, "")]
    [InlineData("redis://h/1?db=3&ssl_cert_reqs=none", null, "h", null, "3")]
    [InlineData("redis://h/", null, "h", null, "")]
    [InlineData("redis://:s3cret@[::1]:6380", "s3cret", "::1", 6380, "")]
    [InlineData("redis://app:s3cret@h", "s3cret", "h", null, "", "app")]
    public void RedisUri_IsRead(string text, string? password, string host, int? port, string database, string? user = null)
    {
        var (uri, problem) = StoreUri.Redis(text);

        problem.ShouldBeNull();
        uri.ShouldNotBeNull();
        uri.Password.ShouldBe(password);
        uri.Hosts.ShouldHaveSingleItem().ShouldBe(new(host, port));
        uri.Database.ShouldBe(database);
        if (user is not null)
            uri.User.ShouldBe(user);
    }

    [Theory]
    [InlineData("h:6379,password=s3cret", "must be a URI")]
    [InlineData("http://:s3cret@h", "must begin with redis://")]
    [InlineData("redis+sentinel://:s3cret@h:26379/mymaster", "Sentinel")]
    [InlineData("redis://:s3cret@a:1,b:2", "lists of servers are not supported")]
    [InlineData("redis://:s3cret@h/?sentinelMasterId=m", "Sentinel")]
    [InlineData("redis://:s3cret@h/mymaster", "number of a database")]
    [InlineData("redis://:s3cret@h/-1", "number of a database")]
    [InlineData("redis://:s3cret@h:port", "must name a host")]
    public void BadRedisUri_IsRefusedWithoutAWordOfThePassword(string text, string problem) =>
        ShouldBeRefused(StoreUri.Redis(text), problem);

    private static void ShouldBeRefused((StoreUri? Uri, string? Problem) answer, string problem)
    {
        answer.Uri.ShouldBeNull();
        answer.Problem.ShouldNotBeNull();
        answer.Problem.ShouldContain(problem);
        answer.Problem.ShouldNotContain(Secret);
    }
}
