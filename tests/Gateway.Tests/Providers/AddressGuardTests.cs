using System.Net;
using System.Net.NetworkInformation;
using Gateway.Server.Providers;

namespace Gateway.Tests.Providers;

public sealed class AddressGuardTests
{
    private static readonly AddressGuard s_guard = new(allowLoopback: false);

    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("2002:a9fe:a9fe::1")]
    [InlineData("::169.254.169.254")]
    [InlineData("169.254.170.23")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fd00:ec2::23")]
    [InlineData("fd20:ce::254")]
    [InlineData("100.100.100.200")]
    [InlineData("168.63.129.16")]
    [InlineData("fe80::1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("ff02::1")]
    public void Address_of_metadata_link_local_or_multicast_is_forbidden(string address) =>
        s_guard.Allows(IPAddress.Parse(address)).ShouldBeFalse();

    [Theory]
    [InlineData("10.0.0.7")]
    [InlineData("100.64.0.1")]
    [InlineData("104.18.7.192")]
    [InlineData("fd12:3456::1")]
    [InlineData("64:ff9b::6812:7c0")]
    [InlineData("2606:4700::6812:7c0")]
    public void Address_of_a_cluster_or_of_the_internet_is_allowed(string address) =>
        s_guard.Allows(IPAddress.Parse(address)).ShouldBeTrue();

    [Fact]
    public void Address_of_the_machine_itself_is_forbidden_in_every_form() => NetworkInterface.GetAllNetworkInterfaces()
        .SelectMany(n => n.GetIPProperties().UnicastAddresses)
        .SelectMany(a => new[] { a.Address, a.Address.MapToIPv6() })
        .ShouldAllBe(address => !s_guard.Allows(address));
}
