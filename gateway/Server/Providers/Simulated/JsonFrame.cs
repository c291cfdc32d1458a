using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Server.Providers.Simulated;

/// <summary>
/// One buffer in which events are written one after the other. What <see cref="End"/> returns is good until the next begin.
/// </summary>
internal sealed class JsonFrame : IDisposable
{
    private readonly ArrayBufferWriter<byte> _buffer = new(512);

    public JsonFrame() => Json = new(_buffer, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });

    public Utf8JsonWriter Json { get; }

    /// <summary>A <c>data:</c> frame, with an <c>event:</c> line before it where the dialect has them.</summary>
    public Utf8JsonWriter Begin(ReadOnlySpan<byte> eventName = default)
    {
        BeginBare();
        if (!eventName.IsEmpty)
        {
            _buffer.Write("event: "u8);
            _buffer.Write(eventName);
            _buffer.Write("\n"u8);
        }

        _buffer.Write("data: "u8);
        return Json;
    }

    /// <summary>Nothing around the JSON.</summary>
    public Utf8JsonWriter BeginBare()
    {
        _buffer.ResetWrittenCount();
        Json.Reset();
        return Json;
    }

    public ReadOnlyMemory<byte> End()
    {
        Json.Flush();
        _buffer.Write("\n\n"u8);
        return _buffer.WrittenMemory;
    }

    public byte[] EndBare()
    {
        Json.Flush();
        return _buffer.WrittenSpan.ToArray();
    }

    public void Dispose() => Json.Dispose();
}
