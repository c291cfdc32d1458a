using System.Security.Cryptography;
using System.Text;

namespace Gateway.Server.Budget.Redis;

/// <summary>A script of <c>Scripts/</c>, with what stands before each of them.</summary>
internal sealed class RedisScript
{
    private static readonly string s_common = Load("common");

    public static readonly RedisScript Reserve = new("reserve");
    public static readonly RedisScript Renew = new("renew");
    public static readonly RedisScript Settle = new("settle");
    public static readonly RedisScript Sweep = new("sweep");
    public static readonly RedisScript Adopt = new("adopt");
    public static readonly RedisScript Orphan = new("orphan");
    public static readonly RedisScript State = new("state");
    public static readonly RedisScript Begin = new("begin");
    public static readonly RedisScript Seed = new("seed");
    public static readonly RedisScript Finish = new("finish");
    public static readonly RedisScript Abort = new("abort");
    public static readonly RedisScript Late = new("late");
    public static readonly RedisScript Confirm = new("confirm");
    public static readonly RedisScript Read = new("read");
    public static readonly RedisScript Spent = new("spent");

    private RedisScript(string name)
    {
        Text = s_common + Load(name);
#pragma warning disable CA5350 // Redis names scripts by their SHA-1: https://redis.io/docs/latest/commands/evalsha/
        Hash = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(Text)));
#pragma warning restore CA5350
    }

    public string Text { get; }

    public string Hash { get; }

    private static string Load(string name)
    {
        var resource = $"{typeof(RedisScript).Namespace}.Scripts.{name}.lua";
        using var stream = typeof(RedisScript).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"{resource} is not in the assembly");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
