using System.ClientModel;
using Anthropic;
using Anthropic.Models.Messages;
using Gateway.Contract;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Embeddings;
using OpenAI.Responses;
using Support.FakeProviders;

#pragma warning disable OPENAI001 // The SDK's client of the Responses API counts as experimental.

namespace Gateway.Tests.Flow;

/// <summary>The clients that people use, against the simulated provider.</summary>
public sealed class OfficialSdkTests
{
    private static readonly ChatTool s_weather = ChatTool.CreateFunctionTool(
        "get_weather",
        "The weather in a city",
        BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}"""));

    [Fact]
    public async Task OpenAI_Chat_Answers()
    {
        await using var gateway = await StartAsync(new());

        ChatCompletion answer = await OpenAI(gateway).GetChatClient("sim").CompleteChatAsync(
            [new UserChatMessage("hi")], cancellationToken: TestContext.Current.CancellationToken);

        answer.Content[0].Text.ShouldNotBeNullOrWhiteSpace();
        answer.Usage.OutputTokenCount.ShouldBe(16);
    }

    [Fact]
    public async Task OpenAI_ChatStream_AddsUpToTheAnswer()
    {
        await using var gateway = await StartAsync(new() { Text = "one two three" });
        var text = "";
        var usage = 0;

        await foreach (var update in OpenAI(gateway).GetChatClient("sim").CompleteChatStreamingAsync(
            [new UserChatMessage("hi")], cancellationToken: TestContext.Current.CancellationToken))
        {
            text += string.Concat(update.ContentUpdate.Select(c => c.Text));
            usage += update.Usage?.OutputTokenCount ?? 0;
        }

        text.ShouldBe("one two three");
        usage.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task OpenAI_Tools_CallComesWithItsArguments()
    {
        await using var gateway = await StartAsync(new() { CallTools = true });

        ChatCompletion answer = await OpenAI(gateway).GetChatClient("sim").CompleteChatAsync(
            [new UserChatMessage("hi")], new ChatCompletionOptions { Tools = { s_weather } }, TestContext.Current.CancellationToken);

        answer.FinishReason.ShouldBe(ChatFinishReason.ToolCalls);
        answer.ToolCalls.Single().FunctionName.ShouldBe("get_weather");
    }

    [Fact]
    public async Task OpenAI_ToolsStreamed_ArgumentsAddUp()
    {
        await using var gateway = await StartAsync(new() { CallTools = true });
        var name = "";
        var arguments = "";

        await foreach (var update in OpenAI(gateway).GetChatClient("sim").CompleteChatStreamingAsync(
            [new UserChatMessage("hi")], new ChatCompletionOptions { Tools = { s_weather } }, TestContext.Current.CancellationToken))
        {
            foreach (var call in update.ToolCallUpdates)
            {
                name += call.FunctionName;
                arguments += call.FunctionArgumentsUpdate?.ToString();
            }
        }

        name.ShouldBe("get_weather");
        System.Text.Json.JsonDocument.Parse(arguments).RootElement.ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Object);
    }

    [Fact]
    public async Task OpenAI_ResponsesStream_AddsUpToTheAnswer()
    {
        await using var gateway = await StartAsync(new() { Text = "one two three" });
        var text = "";
        StreamingResponseUpdate? last = null;

        await foreach (var update in await OpenAI(gateway).GetResponsesClient().CreateResponseStreamingAsync(
            "sim", "hi", cancellationToken: TestContext.Current.CancellationToken))
        {
            last = update;
            text += (update as StreamingResponseOutputTextDeltaUpdate)?.Delta;
        }

        text.ShouldBe("one two three");
        last.ShouldBeOfType<StreamingResponseCompletedUpdate>().Response.Usage.OutputTokenCount.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task OpenAI_ResponsesStreamIsCut_TellsTheError()
    {
        const string delta =
            "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"item_id\":\"i\",\"output_index\":0,"
                + "\"content_index\":0,\"delta\":\"x\",\"sequence_number\":1}\n\n";
        await using var provider = await FakeProvider.StartAsync(Answers.EventsThen([delta], StreamEnd.Reset));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("sim", TestConfig.OpenAI(provider.BaseUrl)));
        StreamingResponseUpdate? last = null;

        await foreach (var update in await OpenAI(gateway).GetResponsesClient().CreateResponseStreamingAsync(
            "sim", "hi", cancellationToken: TestContext.Current.CancellationToken))
        {
            last = update;
        }

        last.ShouldBeOfType<StreamingResponseErrorUpdate>().Code.ShouldBe("upstream_error");
    }

    [Fact]
    public async Task OpenAI_Embeddings_Answer()
    {
        await using var gateway = await StartAsync(new());

        OpenAIEmbedding vector = await OpenAI(gateway).GetEmbeddingClient("sim").GenerateEmbeddingAsync(
            "hi", cancellationToken: TestContext.Current.CancellationToken);

        vector.ToFloats().Length.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task OpenAI_SpentBudget_FailsAfterTheSdksOwnRetriesAndNamesTheBudget()
    {
        await using var gateway = await StartAsync(new(), limit: 0);

        var error = await Should.ThrowAsync<ClientResultException>(async () => await OpenAI(gateway).GetChatClient("sim").CompleteChatAsync(
            [new UserChatMessage("hi")], cancellationToken: TestContext.Current.CancellationToken));

        error.Status.ShouldBe(429);
        error.Message.ShouldContain("default/all");

        // This SDK retries every 429 three times, whatever it is told; without a retry-after it does not sleep until the reset.
        (await gateway.MetricsAsync()).ShouldContain("llm_gateway_refusals_total{reason=\"budget_exceeded\"} 4");
    }

    [Fact]
    public async Task Anthropic_Message_Answers()
    {
        await using var gateway = await StartAsync(new() { Text = "one two three" });

        var answer = await Anthropic(gateway).Messages.Create(Message(), TestContext.Current.CancellationToken);

        answer.Content[0].TryPickText(out var text).ShouldBeTrue();
        text!.Text.ShouldBe("one two three");
        answer.Usage.OutputTokens.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Anthropic_Stream_AddsUpToTheAnswer()
    {
        await using var gateway = await StartAsync(new() { Text = "one two three" });
        var text = "";
        var stopped = false;

        await foreach (var e in Anthropic(gateway).Messages.CreateStreaming(Message(), TestContext.Current.CancellationToken))
        {
            if (e.TryPickContentBlockDelta(out var delta) && delta.Delta.TryPickText(out var piece))
                text += piece.Text;
            stopped |= e.TryPickStop(out _);
        }

        text.ShouldBe("one two three");
        stopped.ShouldBeTrue();
    }

    [Fact]
    public async Task Anthropic_Tools_CallComesWithItsInput()
    {
        await using var gateway = await StartAsync(new() { CallTools = true });
        var tool = new Tool
        {
            Name = "get_weather",
            InputSchema = new()
            {
                Properties = new Dictionary<string, System.Text.Json.JsonElement>
                {
                    ["city"] = System.Text.Json.JsonDocument.Parse("""{"type":"string"}""").RootElement,
                },
            },
        };

        var answer = await Anthropic(gateway).Messages.Create(Message() with { Tools = [tool] }, TestContext.Current.CancellationToken);

        answer.Content.Any(c => c.TryPickToolUse(out var use) && use.Name == "get_weather").ShouldBeTrue();
    }

    [Fact]
    public async Task Anthropic_CountTokens_Answers()
    {
        await using var gateway = await StartAsync(new());

        var count = await Anthropic(gateway).Messages.CountTokens(
            new() { Model = "sim", Messages = [new UserMessageParam { Content = "hi" }] }, TestContext.Current.CancellationToken);

        count.InputTokens.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Anthropic_SpentBudget_FailsAtOnce()
    {
        await using var gateway = await StartAsync(new(), limit: 0);

        var error = await Should.ThrowAsync<Exception>(
            async () => await Anthropic(gateway).Messages.Create(Message(), TestContext.Current.CancellationToken));

        error.Message.ShouldContain("default/all");
        (await gateway.MetricsAsync()).ShouldContain("llm_gateway_refusals_total{reason=\"budget_exceeded\"} 1");
    }

    private static async Task<GatewayUnderTest> StartAsync(SimulatedConfig simulated, decimal limit = 100)
    {
        var config = TestConfig.Of(TestConfig.Route(
            "sim", new TargetConfig { Name = "sim", Provider = Provider.Simulated, Price = "price", Simulated = simulated }));
        return await GatewayUnderTest.StartAsync(
            config with { Budgets = [config.Budgets[0] with { Cost = limit, Period = BudgetPeriod.Monthly }] });
    }

    private static OpenAIClient OpenAI(GatewayUnderTest gateway) =>
        new(new ApiKeyCredential(GatewayUnderTest.Key), new() { Endpoint = new Uri(gateway.Url + "/v1") });

    private static AnthropicClient Anthropic(GatewayUnderTest gateway) => new() { BaseUrl = gateway.Url, ApiKey = GatewayUnderTest.Key };

    private static MessageCreateParams Message() => new()
    {
        Model = "sim",
        MaxTokens = 64,
        Messages = [new UserMessageParam { Content = "hi" }],
    };
}
