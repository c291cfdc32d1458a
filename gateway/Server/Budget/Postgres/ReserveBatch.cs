using System.Buffers;
using System.Collections.Immutable;
using System.Data.Common;
using System.Text.Json;
using Gateway.Server.Config;

namespace Gateway.Server.Budget.Postgres;

/// <summary>Several calls as one document: each key and each counter stands in it once, and calls name them by number.</summary>
internal sealed class ReserveBatch
{
    public const string Statement = "select * from llm_gateway.reserve_v1($1, $2)";

    private readonly List<PendingReserve> _calls;
    private readonly List<string> _keys = [];
    private readonly Dictionary<string, int> _keyNumbers = [];
    private readonly List<(BudgetModel Budget, string Key, Period Period)> _counters = [];
    private readonly Dictionary<(string Budget, string Definition, string Key, DateTimeOffset Start), int> _counterNumbers = [];
    private readonly List<int>[] _countersOfCalls;

    public ReserveBatch(List<PendingReserve> calls)
    {
        _calls = calls;
        _countersOfCalls = [.. calls.Select(call => call.Holds.Select(hold => NumberOf(hold, call.Request.KeyId)).ToList())];
        foreach (var call in calls)
            NumberOf(call.Request.KeyId);
    }

    /// <param name="session">Of this process.</param>
    /// <param name="lease">Of each call.</param>
    /// <param name="until">By the store's clock: later on nobody waits for the answer, and no call may be admitted.</param>
    public ReadOnlyMemory<byte> Document(string session, TimeSpan lease, DateTimeOffset until)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, LedgerJson.Writing))
        {
            json.WriteStartObject();
            json.WriteString("session", session);
            json.WriteNumber("lease", (long)lease.TotalMilliseconds);
            json.WriteString("until", until);
            json.WriteStartArray("keys");
            foreach (var key in _keys)
                json.WriteStringValue(key);
            json.WriteEndArray();
            json.WriteStartArray("counters");
            for (var i = 0; i < _counters.Count; i++)
                WriteCounter(json, i);
            json.WriteEndArray();
            json.WriteStartArray("calls");
            for (var i = 0; i < _calls.Count; i++)
                WriteCall(json, i);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return LedgerJson.WithoutZeros(buffer);
    }

    /// <summary>One row of the answer: of which call it is, and what it says. And all that the key has spent.</summary>
    public (PendingReserve Call, ReserveAnswer Answer, long Spent) Read(DbDataReader row)
    {
        var i = row.GetInt32(0);
        var hold = row.IsDBNull(2) ? default : _calls[i].Holds[_countersOfCalls[i].IndexOf(row.GetInt32(2))];
        return (_calls[i], new()
        {
            Verdict = (ReserveVerdict)row.GetInt32(1),
            Hold = hold,
            Settled = row.IsDBNull(3) ? 0 : row.GetInt64(3),
            Live = row.IsDBNull(4) ? 0 : row.GetInt64(4),
            Requests = row.GetInt64(5),
            Tokens = row.GetInt64(6),
            Time = row.GetFieldValue<DateTimeOffset>(8),
        }, row.GetInt64(7));
    }

    private static void WriteLimit(Utf8JsonWriter json, string name, long? limit)
    {
        if (limit is { } value)
            json.WriteNumber(name, value);
    }

    // Arrays of SQL begin at 1.
    private int NumberOf(string key)
    {
        if (_keyNumbers.TryGetValue(key, out var number))
            return number;
        _keys.Add(key);
        _keyNumbers.Add(key, _keys.Count);
        return _keys.Count;
    }

    private int NumberOf(PostgresHold hold, string keyId)
    {
        var key = hold.Budget.PerKey ? keyId : "";
        var id = (hold.Budget.Id, hold.Budget.CounterDefinition, key, hold.Period.Start);
        if (_counterNumbers.TryGetValue(id, out var number))
            return number;
        _counters.Add((hold.Budget, key, hold.Period));
        _counterNumbers.Add(id, _counters.Count);
        return _counters.Count;
    }

    private void WriteCounter(Utf8JsonWriter json, int i)
    {
        var (budget, key, period) = _counters[i];
        json.WriteStartObject();
        json.WriteNumber("i", i + 1);
        json.WriteString("key", key);
        PostgresHold.WriteCounter(json, budget, period);
        json.WriteEndObject();
    }

    private void WriteCall(Utf8JsonWriter json, int i)
    {
        var call = _calls[i];
        var request = call.Request;
        json.WriteStartObject();
        json.WriteNumber("i", i);
        json.WriteNumber("number", call.Number);
        json.WriteString("call_id", request.CallId);
        json.WriteNumber("key", NumberOf(request.KeyId));
        WriteLimit(json, "requests", request.Limits.RequestsPerMinute);
        WriteLimit(json, "tokens_per_minute", request.Limits.TokensPerMinute);
        WriteLimit(json, "parallel", request.Limits.MaxParallelRequests);
        json.WriteNumber("cost", call.Cost);
        json.WriteNumber("tokens", call.Tokens);
        json.WriteNumber("prompt_cost", call.PromptCost);
        json.WriteNumber("prompt_tokens", call.PromptTokens);
        WriteHolds(json, call.Holds, _countersOfCalls[i]);
        json.WritePropertyName("facts");
        JsonSerializer.Serialize(json, call.Facts, LedgerJson.Default.CallFacts);
        json.WriteEndObject();
    }

    private static void WriteHolds(Utf8JsonWriter json, ImmutableArray<PostgresHold> holds, List<int> counters)
    {
        json.WriteStartArray("counters");
        foreach (var counter in counters)
            json.WriteNumberValue(counter);
        json.WriteEndArray();
        json.WriteStartArray("limits");
        foreach (var hold in holds)
        {
            if (hold.Budget.Blocks)
                json.WriteNumberValue(hold.Budget.Limit);
            else
                json.WriteNullValue();
        }

        json.WriteEndArray();
        json.WriteStartArray("budgets");
        foreach (var hold in holds)
            json.WriteStringValue(hold.Budget.Id);
        json.WriteEndArray();
        json.WriteStartArray("holds");
        foreach (var hold in holds)
            hold.Write(json);
        json.WriteEndArray();
    }
}
