using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Operator.Push;

/// <summary>
/// Writes elements in pieces of some dozens. A piece whose elements are the same as before is not written again, nor compressed: of
/// thousands of objects one has changed. A piece is forgotten with its first element.
/// </summary>
/// <param name="nameOf">Name of an element.</param>
/// <param name="write">Its JSON.</param>
internal sealed class JsonPieces<T>(Func<T, string> nameOf, Func<T, byte[]> write)
    where T : class
{
    /// <summary>How many elements a piece has on average.</summary>
    private const int Elements = 32;

    private readonly ConditionalWeakTable<T, Known> _known = [];

    /// <summary>The elements with commas between them.</summary>
    public IEnumerable<JsonPiece> Of(ImmutableArray<T> elements)
    {
        var start = 0;
        for (var i = 0; i < elements.Length; i++)
        {
            if (!IsLast(nameOf(elements[i])) && i < elements.Length - 1)
                continue;
            yield return Piece(elements[start..(i + 1)], isFirst: start == 0);
            start = i + 1;
        }
    }

    private JsonPiece Piece(ImmutableArray<T> elements, bool isFirst)
    {
        if (_known.TryGetValue(elements[0], out var known) && known.IsFirst == isFirst && known.Elements.SequenceEqual(elements))
            return known.Piece;
        var piece = new JsonPiece(Write(elements, isFirst));
        _known.AddOrUpdate(elements[0], new(elements, isFirst, piece));
        return piece;
    }

    private byte[] Write(ImmutableArray<T> elements, bool isFirst)
    {
        var json = new ArrayBufferWriter<byte>();
        foreach (var element in elements)
        {
            if (!isFirst)
                json.Write(","u8);
            json.Write(write(element));
            isFirst = false;
        }

        return json.WrittenSpan.ToArray();
    }

    /// <summary>By the name alone, so that an element that comes or goes leaves the other pieces as they are.</summary>
    private static bool IsLast(string name)
    {
        var hash = 0u;
        foreach (var c in name)
            hash = (hash * 31) + c;
        return hash % Elements == 0;
    }

    private sealed record Known(ImmutableArray<T> Elements, bool IsFirst, JsonPiece Piece);
}
