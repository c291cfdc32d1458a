using System.Buffers;
using System.Text.Json;

namespace Gateway.Server.Providers;

/// <summary>Receives the parts of an unstreamed answer that metering looks at.</summary>
internal interface IAnswerMembers
{
    /// <summary>Whether this top-level member is wanted whole. Small ones only: it is held until it is complete.</summary>
    bool Wants(ref Utf8JsonReader name);

    /// <summary>A wanted member, as JSON text.</summary>
    void OnMember(ReadOnlySpan<byte> name, ReadOnlySpan<byte> json);

    /// <summary>A token of any other member, or its name.</summary>
    void OnToken(ref Utf8JsonReader reader);
}

/// <summary>
/// Reads an answer's top level while it goes by in pieces of any size. What a token needs is held; a token over the bound ends the
/// reading, never the answer.
/// </summary>
internal sealed class AnswerBody(IAnswerMembers members)
{
    private const int LargestToken = 32 * 1024 * 1024;

    private readonly ArrayBufferWriter<byte> _held = new();
    private JsonReaderState _state = new(JsonTap.Options);
    private int _wait;
    private bool _isTooLarge;

    /// <summary>True once the object has been read to its end, or, with a token over the bound, once there is no more.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>True once the answer has turned out to be no JSON.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Bytes of a token that is not whole yet.</summary>
    public int Unread => _held.WrittenCount;

    public void OnBytes(ReadOnlySpan<byte> bytes, bool isLast)
    {
        if (IsBroken || IsComplete)
            return;
        if (_isTooLarge)
        {
            IsComplete = isLast;
            return;
        }

        if (_held.WrittenCount == 0)
        {
            _held.Write(bytes[Read(bytes, isLast)..]);
            return;
        }

        // A token that needs more is read again from its start, so wait until there is twice as much: the sum stays linear.
        _held.Write(bytes);
        if (_held.WrittenCount < _wait && !isLast)
            return;
        var rest = _held.WrittenSpan[Read(_held.WrittenSpan, isLast)..].ToArray();
        _held.ResetWrittenCount();
        _held.Write(rest);
        _wait = rest.Length * 2;
        _isTooLarge = rest.Length > LargestToken;
    }

    /// <returns>How many bytes need not be seen again.</returns>
    private int Read(ReadOnlySpan<byte> bytes, bool isLast)
    {
        var reader = new Utf8JsonReader(bytes, isLast, _state);
        try
        {
            var done = ReadMembers(ref reader, bytes);
            _state = done.State;
            return done.Consumed;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            IsBroken = true;
            return (int)reader.BytesConsumed;
        }
    }

    private (JsonReaderState State, int Consumed) ReadMembers(ref Utf8JsonReader reader, ReadOnlySpan<byte> bytes)
    {
        var before = (State: reader.CurrentState, Consumed: (int)reader.BytesConsumed);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.EndObject && reader.CurrentDepth == 0)
                IsComplete = true;
            else if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1 && members.Wants(ref reader))
            {
                var name = reader.ValueSpan;
                var start = (int)reader.BytesConsumed;

                // Not yet whole: come back to the state before its name.
                if (!reader.Read() || !reader.TrySkip())
                    return before;
                members.OnMember(name, bytes[start..(int)reader.BytesConsumed]);
            }
            else
                members.OnToken(ref reader);

            before = (reader.CurrentState, (int)reader.BytesConsumed);
        }

        return before;
    }
}
