using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Gateway.Server.Config;
using Gateway.Server.Providers.Simulated;
using Gateway.Server.Streaming;

namespace Gateway.Server.Providers;

/// <summary>Exactly one of the two. A response is the caller's to dispose.</summary>
internal readonly record struct SendOutcome(HttpResponseMessage? Response, AttemptFailure? Failure);

/// <summary>
/// The only one who sends. Every failure to be expected is a value that says whose fault it is and whether to try elsewhere.
/// </summary>
internal sealed class UpstreamSender(HttpMessageInvoker network, HttpMessageInvoker simulated, TimeProvider time)
{
    /// <summary>Error bodies are passed on whole up to here.</summary>
    private const int LargestErrorBody = 1024 * 1024;

    /// <returns>A 2xx response whose body has not been read, or why there is none.</returns>
    public async ValueTask<SendOutcome> SendAsync(
        UpstreamRequest upstream, ReadOnlyMemory<byte> body, TargetModel target, IHeaderDictionary clientHeaders, CallDeadline deadline)
    {
        if (!target.IsHostAllowed)
            return new(null, AttemptFailure.NotAllowed("the gateway's `allowedUpstreamHosts` does not name its host", target));
        var content = new EditedContent(body, upstream.Edits);
        using var message = Message(upstream, content, target, clientHeaders);
        deadline.Arm(target.Timeouts.FirstByte);
        try
        {
            var response = await (target.Simulated is null ? network : simulated).SendAsync(message, deadline.Token);
            Conceal(response.Headers, target.Credential);
            return response.IsSuccessStatusCode
                ? new(response, null)
                : new(null, await RefusalAsync(response, target, deadline));
        }
        catch (OperationCanceledException)
        {
            return new(null, AttemptFailure.Ended(deadline.Cause, target) with { WasSent = content.IsSent });
        }
        catch (HttpRequestException e) when (e.InnerException is ForbiddenAddressException)
        {
            return new(null, AttemptFailure.NotAllowed("its host has no address that an upstream may have", target));
        }
        catch (HttpRequestException e)
        {
            return new(null, e.InnerException is TimeoutException
                ? AttemptFailure.Ended(EndCause.Timeout, target)
                : AttemptFailure.NoConnection(target));
        }
        catch (IOException)
        {
            return new(null, AttemptFailure.NoConnection(target));
        }
    }

    private static HttpRequestMessage Message(
        UpstreamRequest upstream, EditedContent content, TargetModel target, IHeaderDictionary clientHeaders)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, upstream.Url)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        message.Options.Set(UpstreamClient.ConnectTimeout, target.Timeouts.Connect);
        if (target.Simulated is not null)
            message.Options.Set(SimulatedHandler.ConfigKey, target.Simulated);
        RequestHeaders.Copy(clientHeaders, message);
        foreach (var (name, value) in upstream.Headers)
        {
            message.Headers.Remove(name);
            message.Headers.TryAddWithoutValidation(name, value);
        }

        return message;
    }

    private async ValueTask<AttemptFailure> RefusalAsync(HttpResponseMessage response, TargetModel target, CallDeadline deadline)
    {
        using (response)
        {
            var body = await ReadErrorAsync(response, target, deadline);
            var retryAfter = RetryAfter.Of(response.Headers, time.GetUtcNow());
            var isJson = body.Length > 0 && IsJson(response);
            return AttemptFailure.Refused((int)response.StatusCode, body, isJson, retryAfter, target) with { Headers = response.Headers };
        }
    }

    private static async ValueTask<byte[]> ReadErrorAsync(HttpResponseMessage response, TargetModel target, CallDeadline deadline)
    {
        try
        {
            await using var stream = await UpstreamBody.OpenAsync(response, deadline.Token);
            var buffer = new ArrayBufferWriter<byte>(4096);
            while (buffer.WrittenCount < LargestErrorBody)
            {
                deadline.Arm(target.Timeouts.Idle);
                var count = await stream.ReadAsync(buffer.GetMemory(4096), deadline.Token);
                if (count == 0)
                    break;
                buffer.Advance(count);
            }

            return Masked(buffer.WrittenSpan, target.Credential);
        }
        catch (Exception e) when (
            e is IOException or HttpRequestException or InvalidDataException or InvalidOperationException or OperationCanceledException)
        {
            // The status has come and says enough; its body has not.
            return [];
        }
    }

    /// <summary>Some providers quote the key that they refuse.</summary>
    private static byte[] Masked(ReadOnlySpan<byte> body, string? credential)
    {
        if (string.IsNullOrEmpty(credential) || body.IndexOf(Encoding.UTF8.GetBytes(credential)) < 0)
            return body.ToArray();
        return Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(body).Replace(credential, "***", StringComparison.Ordinal));
    }

    /// <summary>Some echo what they were sent in a header.</summary>
    private static void Conceal(HttpResponseHeaders headers, string? credential)
    {
        if (string.IsNullOrEmpty(credential))
            return;
        List<string>? quoting = null;
        foreach (var (name, values) in headers.NonValidated)
        {
            if (values.ToString().Contains(credential, StringComparison.Ordinal))
                (quoting ??= []).Add(name);
        }

        quoting?.ForEach(name => headers.Remove(name));
    }

    private static bool IsJson(HttpResponseMessage response) =>
        response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.OrdinalIgnoreCase) == true;
}
