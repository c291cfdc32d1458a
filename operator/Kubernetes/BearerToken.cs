namespace Operator.Kubernetes;

/// <summary>
/// The token of each call. One in a file is read again each minute, and after the server has refused it, because the tokens of service
/// accounts are replaced while a pod runs.
/// https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens
/// </summary>
internal sealed class BearerToken
{
    private static readonly TimeSpan s_life = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time;
    private readonly string? _file;
    private volatile Held? _held;

    private BearerToken(TimeProvider time, string? file, Held? held)
    {
        _time = time;
        _file = file;
        _held = held;
    }

    /// <summary>Whether it may change.</summary>
    public bool IsFromFile => _file is not null;

    /// <summary>One that stays.</summary>
    public static BearerToken Fixed(string token, TimeProvider time) => new(time, file: null, new(token, 0));

    /// <summary>One that a file holds.</summary>
    public static BearerToken FromFile(string path, TimeProvider time) => new(time, path, held: null);

    /// <summary>Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> where the file cannot be read.</summary>
    public string Read()
    {
        if (_held is { } held && (_file is null || _time.GetElapsedTime(held.ReadAt) < s_life))
            return held.Token;
        var read = new Held(File.ReadAllText(_file!).Trim(), _time.GetTimestamp());
        _held = read;
        return read.Token;
    }

    /// <summary>The server does not take it any more: the next call reads the file again.</summary>
    public void Forget()
    {
        if (IsFromFile)
            _held = null;
    }

    /// <summary>Nothing of the token.</summary>
    public override string ToString() => _file is null ? "a fixed token" : $"the token of {_file}";

    private sealed record Held(string Token, long ReadAt);
}
