using System.Globalization;

namespace Gateway.Server.Stores;

/// <summary>What Redis answers: text, a number, a list, nothing, or an error.</summary>
internal readonly struct RespValue
{
    private readonly object? _data;
    private readonly long _number;

    private RespValue(object? data, long number, string? error) => (_data, _number, Error) = (data, number, error);

    /// <summary>The server's words where it refused; else null.</summary>
    public string? Error { get; }

    /// <summary>Null where it is none.</summary>
    public RespValue[]? List => _data as RespValue[];

    /// <summary>Text as it is, a number in its digits; null for the others.</summary>
    public string? Text => _data is string text ? text : IsNumber ? _number.ToString(CultureInfo.InvariantCulture) : null;

    /// <summary>Also of text that is one.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public long Number => IsNumber ? _number : long.Parse(Text ?? "", NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    private bool IsNumber => _data == s_number;

    private static readonly object s_number = new();

    public static readonly RespValue Null;

    public static RespValue Of(string text) => new(text, 0, null);

    public static RespValue Of(long number) => new(s_number, number, null);

    public static RespValue Of(RespValue[] list) => new(list, 0, null);

    public static RespValue Refused(string error) => new(null, 0, error);
}
