using System.Net;
using System.Net.Sockets;
using Support.FakeProviders;

namespace Integration.Tests.Standalone;

/// <summary>What a newcomer sees who runs the samples.</summary>
public sealed class ServingTests : IDisposable
{
    private readonly StandaloneFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("/v1/chat/completions", false, "\"choices\"")]
    [InlineData("/v1/chat/completions", true, "data: [DONE]")]
    [InlineData("/v1/messages", false, "\"end_turn\"")]
    [InlineData("/v1/messages", true, "event: message_stop")]
    public async Task Evaluated_exports_lead_to_answers_in_both_dialects(string path, bool stream, string says)
    {
        await using var child = await OperatorChild.ServeAsync(_folder);
        var (url, key) = await child.EvaluateAsync();
        url.ShouldBe(child.Url);
        var text = stream ? "true" : "false";

        var (status, body) = await child.CallAsync(
            path, $$"""{"model":"chat","max_tokens":64,"stream":{{text}},"messages":[{"role":"user","content":"hi"}]}""", key);

        status.ShouldBe(HttpStatusCode.OK, body);
        body.ShouldContain(says);
    }

    [Fact]
    public async Task The_table_shows_every_sample_as_kubectl_would()
    {
        await using var child = await OperatorChild.ServeAsync(
            _folder, new() { ["OPENAI_API_KEY"] = "sk-openai", ["ANTHROPIC_API_KEY"] = "sk-anthropic" });

        await child.UntilAsync(() => child.Output.Contains("ENFORCED", StringComparison.Ordinal));
        string[] rows =
            [@"main +True +1 +1 +1/1 +5 +2 ", @"gpt +gpt-5.4-mini +1 +main +True +True ", @"claude +claude +1 +main +True +True "];
        foreach (var row in rows)
            child.Output.ShouldMatch(row);
        child.Output.ShouldMatch(@"monthly +25.00 USD +Monthly +0.00 +0 +False +True ");
        child.Errors.ShouldNotContain("error");
    }

    [Fact]
    public async Task A_key_of_the_users_own_survives_the_shell_and_works_without_the_line_end_behind_it()
    {
        const string Key = "it's $HOME \"& more\"";
        _folder.Write("own.yaml", $$"""
            apiVersion: v1
            kind: Secret
            metadata:
              name: own
            stringData:
              key: {{System.Text.Json.JsonSerializer.Serialize(Key + "\n")}}
            ---
            apiVersion: llmgateway.dev/v1alpha1
            kind: VirtualKey
            metadata:
              name: own
              labels:
                llmgateway.dev/export: ""
            spec:
              gatewayRef:
                name: main
              models: ["*"]
              valueFrom:
                secretRef:
                  name: own
                  key: key
            """);
        _folder.Edit("key-demo.yaml", "  labels:\n    llmgateway.dev/export: \"true\"\n", "");
        await using var child = await OperatorChild.ServeAsync(_folder);

        var (_, key) = await child.EvaluateAsync();

        key.ShouldBe(Key);
        (await child.ChatAsync("chat", key)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_credential_comes_from_a_Secret_of_the_folder_and_else_from_the_environment(bool hasSecret)
    {
        await using var provider = await FakeProvider.StartAsync(Answers.OpenAi(new() { Text = "from upstream" }));
        _folder.Edit("route-gpt.yaml", "provider: OpenAI\n", $"provider: OpenAI\n      baseURL: {provider.BaseUrl}\n");
        if (hasSecret)
        {
            _folder.Write("secret.yaml", """
                apiVersion: v1
                kind: Secret
                metadata:
                  name: openai
                data:
                  api-key: ZnJvbS1mb2xkZXI=
                """);
        }

        await using var child = await OperatorChild.ServeAsync(_folder, new() { ["OPENAI_API_KEY"] = "from-environment" });

        await child.UntilChatAsync("gpt-5.4-mini", HttpStatusCode.OK, "from upstream");
        provider.Calls[0].Headers["authorization"].ToString().ShouldBe(hasSecret ? "Bearer from-folder" : "Bearer from-environment");
        (child.Output + child.Errors).ShouldNotContain(hasSecret ? "from-folder" : "from-environment");
    }

    [Fact]
    public async Task A_missing_credential_names_the_variable_that_would_serve()
    {
        await using var child = await OperatorChild.ServeAsync(_folder);

        child.Errors.ShouldMatch(
            @"route-gpt\.yaml:\d+: ModelRoute default/gpt: spec\.targets\[0\]\.credentials\.secretRef\.name: .*OPENAI_API_KEY");
        (await child.ChatAsync("gpt-5.4-mini")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_second_operator_on_the_same_state_is_told_so_and_ends()
    {
        await using var first = await OperatorChild.ServeAsync(_folder);
        await using var second = OperatorChild.Start(_folder);

        (await second.EndAsync()).ShouldBe(1);
        second.Errors.ShouldBe($"another operator uses the state folder {_folder.State}: stop it, or take another folder with --state");
        (await first.ChatAsync("chat")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_port_in_use_is_told_and_ends_it()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await using var child = OperatorChild.Start(_folder, "--port", port.ToString(System.Globalization.CultureInfo.InvariantCulture));

        (await child.EndAsync()).ShouldBe(1);
        child.Errors.ShouldBe($"port {port} is in use: stop what listens there, or take another with --port (0: any free one)");
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_told_and_ends_it()
    {
        Directory.Delete(_folder.Manifests, recursive: true);
        await using var child = OperatorChild.Start(_folder);

        (await child.EndAsync()).ShouldBe(1);
        child.Errors.ShouldContain(_folder.Manifests);
    }
}
