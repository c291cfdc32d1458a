using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Server.Stores;

namespace Gateway.Tests.Stores;

public sealed class RespReaderTests
{
    [Theory]
    [InlineData("+OK\r\n", "OK")]
    [InlineData("-WRONGPASS no\r\n", "!WRONGPASS no")]
    [InlineData(":-42\r\n", "-42")]
    [InlineData("$7\r\nfoobär\r\n", "foobär")]
    [InlineData("$0\r\n\r\n", "")]
    [InlineData("$-1\r\n", "null")]
    [InlineData("*-1\r\n", "null")]
    [InlineData("*0\r\n", "[]")]
    [InlineData("*3\r\n:1\r\n*2\r\n$4\r\na\r\nb\r\n*0\r\n$-1\r\n", "[1 [a\r\nb []] null]")]
    public void An_answer_is_read_in_pieces_of_any_size(string wire, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(wire);
        for (var piece = 1; piece <= bytes.Length; piece++)
            ReadAll(bytes, piece).ShouldBe([expected], $"pieces of {piece}");
    }

    [Theory]
    [InlineData("hello\r\n")]
    [InlineData("\r\n")]
    [InlineData(":12x\r\n")]
    [InlineData("$-2\r\n")]
    [InlineData("$6\r\nfoobär\r\n")]
    [InlineData("$99999999999\r\n")]
    [InlineData("*2000000000\r\n")]
    [InlineData("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n")]
    public void What_Redis_does_not_answer_is_refused(string wire) =>
        Should.Throw<InvalidDataException>(() => ReadAll(Encoding.UTF8.GetBytes(wire), wire.Length));

    [Fact]
    public void A_line_that_does_not_end_is_refused() =>
        Should.Throw<InvalidDataException>(() => ReadAll(Encoding.UTF8.GetBytes(new string('+', 100_000)), 1000));

    [Fact]
    public void Bytes_of_any_kind_end_in_answers_or_are_refused() => Prop.ForAll<byte[]>(bytes =>
    {
        try
        {
            ReadAll(bytes, 3);
        }
        catch (InvalidDataException)
        {
            // That is what it is for.
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_command_is_written_as_an_array_of_texts()
    {
        var writer = new ArrayBufferWriter<byte>();
        RespArgument.Write(writer, ["SET", "ä"], [long.MinValue, new byte[] { 1, 2 }, ""]);
        Encoding.UTF8.GetString(writer.WrittenSpan).ShouldBe(
            "*5\r\n$3\r\nSET\r\n$2\r\nä\r\n$20\r\n-9223372036854775808\r\n$2\r\n\u0001\u0002\r\n$0\r\n\r\n");
    }

    private static List<string> ReadAll(byte[] bytes, int piece)
    {
        var reader = new RespReader();
        var answers = new List<string>();
        var (start, end) = (0, 0);
        while (end < bytes.Length)
        {
            end = Math.Min(end + piece, bytes.Length);
            var data = new ReadOnlySpan<byte>(bytes, start, end - start);
            while (reader.TryRead(ref data, out var value))
                answers.Add(Text(value));
            start = end - data.Length;
        }

        return answers;
    }

    private static string Text(RespValue value) =>
        value.Error is { } error ? "!" + error
        : value.List is { } list ? $"[{string.Join(' ', list.Select(Text))}]"
        : value.Text ?? "null";
}
