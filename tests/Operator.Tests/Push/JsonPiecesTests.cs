using System.Collections.Immutable;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Operator.Push;

namespace Operator.Tests.Push;

public sealed class JsonPiecesTests
{
    private readonly JsonPieces<Element> _pieces = new(e => e.Name, e => JsonSerializer.SerializeToUtf8Bytes(e));

    [Fact]
    public void An_element_that_changes_comes_or_goes_at_any_place_is_so_in_the_text()
    {
        var elements = Elements(600);
        for (var i = 0; i < elements.Length; i += 7)
        {
            Text(_pieces.Of(elements)).ShouldBe(Plain(elements));
            foreach (var changed in new[]
            {
                elements.SetItem(i, elements[i] with { Value = -1 }),
                elements.Insert(i, new("new", i)),
                elements.RemoveAt(i),
            })
            {
                var pieces = _pieces.Of(changed).ToList();
                Text(pieces).ShouldBe(Plain(changed));
                Unzipped(pieces).ShouldBe(Plain(changed));
            }
        }
    }

    [Fact]
    public void One_change_leaves_all_but_the_pieces_beside_it()
    {
        var elements = Elements(1000);
        var before = _pieces.Of(elements).ToList();

        var after = _pieces.Of(elements.RemoveAt(500)).ToList();

        before.Count.ShouldBeGreaterThan(8);
        after.Except(before).Count().ShouldBeLessThanOrEqualTo(2);
    }

    [Fact]
    public void No_elements_have_no_pieces() => _pieces.Of([]).ShouldBeEmpty();

    private static ImmutableArray<Element> Elements(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new Element(string.Create(CultureInfo.InvariantCulture, $"element-{i}"), i))];

    private static string Plain(ImmutableArray<Element> elements) => string.Join(',', elements.Select(e => JsonSerializer.Serialize(e)));

    private static string Text(IEnumerable<JsonPiece> pieces) => string.Concat(pieces.Select(p => Encoding.UTF8.GetString(p.Json.Span)));

    private static string Unzipped(IEnumerable<JsonPiece> pieces)
    {
        var members = new MemoryStream([.. pieces.SelectMany(p => p.Zipped.ToArray())]);
        using var reader = new StreamReader(new GZipStream(members, CompressionMode.Decompress));
        return reader.ReadToEnd();
    }

    private sealed record Element(string Name, int Value);
}
