using Gateway.Contract;

namespace Operator.Translate;

/// <summary>How patterns of model names lie to one another. What is no pattern lies nowhere.</summary>
internal static class ModelCover
{
    /// <summary>Whether every name of <paramref name="inner"/> falls under <paramref name="outer"/>.</summary>
    public static bool Covers(string outer, string inner)
    {
        if (!ModelPattern.TryParse(outer, out var o) || !ModelPattern.TryParse(inner, out var i))
            return false;
        if (outer == "*" || outer == inner)
            return true;
        if (i.IsExact)
            return o.Matches(i.Text);
        return !o.IsExact && inner != "*" && IsPrefix(outer) == IsPrefix(inner) && o.Matches(i.Text);
    }

    /// <summary>Whether any name falls under both.</summary>
    public static bool Overlaps(string one, string other)
    {
        if (!ModelPattern.TryParse(one, out var a) || !ModelPattern.TryParse(other, out var b))
            return false;
        if (a.IsExact || b.IsExact)
            return a.IsExact ? b.Matches(a.Text) : a.Matches(b.Text);
        return one == "*" || other == "*" || IsPrefix(one) != IsPrefix(other) || a.Matches(b.Text) || b.Matches(a.Text);
    }

    private static bool IsPrefix(string pattern) => pattern[^1] == '*';
}
