using System.Collections.Immutable;
using Operator.Translate;

namespace Operator.Prices;

/// <summary>One thing that is wrong with a price file.</summary>
/// <param name="Line">In the file, from 1.</param>
/// <param name="Row">Section and model, as <c>OpenAI/gpt-4o</c>, as far as they could be read; empty: the file as a whole.</param>
/// <param name="Message">What is wrong and what would be right.</param>
internal sealed record PriceProblem(long Line, string Row, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => Row.Length == 0 ? $"line {Line}: {Message}" : $"line {Line}: {Row}: {Message}";
}

/// <summary>What a price file says, or all that is wrong with it.</summary>
internal sealed record PriceTableResult
{
    /// <summary>Null when there are problems: a table that is partly right would price calls by chance.</summary>
    public PriceTable? Table { get; init; }

    /// <summary>In the order of the file; empty when it is good.</summary>
    public ImmutableArray<PriceProblem> Problems { get; init; } = [];
}
