using System.Text;
using Operator.Alerts;

namespace Operator.Tests.Alerts;

public sealed class WebhookKeyTests
{
    // The example that the libraries of Standard Webhooks test themselves with.
    private const string Key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    [Fact]
    public void A_message_is_signed_as_receivers_check_it()
    {
        var signature = WebhookKey.Parse(Key)!.Sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek", DateTimeOffset.FromUnixTimeSeconds(1614265330), """{"test": 2432232314}""");

        signature.ShouldBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    [Fact]
    public void Only_what_can_be_a_key_is_taken()
    {
        WebhookKey.Parse("").ShouldBeNull();
        WebhookKey.Parse(Key["whsec_".Length..]).ShouldBeNull();
        WebhookKey.Parse("whsec_not base64!").ShouldBeNull();
        WebhookKey.Parse(Of(23)).ShouldBeNull();
        WebhookKey.Parse(Of(24)).ShouldNotBeNull();
        WebhookKey.Parse(Of(64)).ShouldNotBeNull();
        WebhookKey.Parse(Of(65)).ShouldBeNull();
        WebhookKey.Parse(Of(5_000)).ShouldBeNull();
    }

    private static string Of(int bytes) => $"whsec_{Convert.ToBase64String(Encoding.ASCII.GetBytes(new string('k', bytes)))}";
}
