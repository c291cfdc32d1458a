using System.Buffers;
using System.Collections.Immutable;

namespace Operator.Push;

/// <summary>Puts a JSON text together from pieces that are there already and what stands between them.</summary>
internal sealed class JsonText
{
    private readonly ImmutableArray<JsonPiece>.Builder _pieces = ImmutableArray.CreateBuilder<JsonPiece>();
    private readonly ArrayBufferWriter<byte> _between = new();

    public JsonText Add(ReadOnlySpan<byte> json)
    {
        _between.Write(json);
        return this;
    }

    public JsonText Add(IEnumerable<JsonPiece> pieces)
    {
        foreach (var piece in pieces)
        {
            Flush();
            _pieces.Add(piece);
        }

        return this;
    }

    public ImmutableArray<JsonPiece> ToImmutable()
    {
        Flush();
        return _pieces.ToImmutable();
    }

    private void Flush()
    {
        if (_between.WrittenCount > 0)
            _pieces.Add(new(_between.WrittenSpan.ToArray()));
        _between.ResetWrittenCount();
    }
}
