using System.Collections.Immutable;
using System.Text.Json;
using Gateway.Contract;
using Operator.Api;
using Operator.Push;
using Operator.Translate;
using Support;

namespace Operator.Tests.Translate;

/// <summary>
/// What is remembered of an instance is never given for another, nor where something else that it depends on has changed: whatever was
/// translated before, the result is that of an operator that has just started.
/// </summary>
public sealed class RememberedTests
{
    private static readonly string s_cases = Path.Combine(GoldenFile.RepositoryRoot, "tests/Operator.Tests/Translate/cases");

    public static TheoryData<string> Cases() => TranslatorTests.Cases();

    [Theory]
    [MemberData(nameof(Cases))]
    public void After_any_change_the_translation_is_that_of_an_operator_that_has_just_started(string name)
    {
        var inputs = TranslationCase.Read(Path.Combine(s_cases, name));
        foreach (var changed in Changes(inputs))
        {
            Translator.Translate(inputs);

            Text(Translator.Translate(changed)).ShouldBe(Text(Translator.Translate(Fresh(changed))));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void After_any_change_what_is_sent_has_the_hash_that_a_gateway_comes_to(string name)
    {
        var inputs = TranslationCase.Read(Path.Combine(s_cases, name));
        foreach (var config in Changes(inputs).Prepend(inputs).Select(i => Translator.Translate(i).Config).OfType<ConfigSnapshot>())
        {
            var stamped = new StampedConfig(config, 7);

            byte[] sent = [.. stamped.Json.SelectMany(p => p.Json.ToArray())];
            CanonicalJson.Hash(sent).ShouldBe(stamped.Hash);
            stamped.Hash.ShouldBe(CanonicalJson.WithHash(config).Hash);
            Text(JsonSerializer.Deserialize(sent, ContractJson.Default.ConfigSnapshot)).ShouldBe(Text(stamped.Snapshot));
        }
    }

    private static IEnumerable<TranslateInputs> Changes(TranslateInputs inputs)
    {
        for (var i = 0; i < inputs.Routes.Length; i++)
        {
            var (route, at) = (inputs.Routes[i], i);
            TranslateInputs With(ModelRoute changed) => inputs with { Routes = inputs.Routes.SetItem(at, changed) };
            yield return With(route with { Metadata = Next(route.Metadata) });
            yield return With(route with { Spec = route.Spec with { Model = "changed" } });
            yield return With(route with { Spec = route.Spec with { Aliases = [route.Spec.Model] } });
            yield return With(route with { Spec = route.Spec with { Targets = [.. route.Spec.Targets.Select(t => t with { Pricing = new() { Input = "7", Output = "9" } })] } });
            yield return With(route with { Spec = route.Spec with { Targets = [.. route.Spec.Targets.Select(t => t with { BaseUrl = "http://127.0.0.1" })] } });
        }

        for (var i = 0; i < inputs.Keys.Length; i++)
        {
            var (key, at) = (inputs.Keys[i], i);
            TranslateInputs With(VirtualKey changed) => inputs with { Keys = inputs.Keys.SetItem(at, changed) };
            yield return With(key with { Metadata = Next(key.Metadata) });
            yield return With(key with { Metadata = key.Metadata with { Labels = key.Metadata.Labels.Clear() } });
            yield return With(key with { Spec = key.Spec with { State = KeyState.Blocked } });
            yield return With(key with { Spec = key.Spec with { Rotation = new() { PeriodSeconds = 1, OverlapSeconds = 2 } } });
            yield return inputs with { KeyMaterial = inputs.KeyMaterial.SetItem(key.Id(), new() { KeyId = "other", Hashes = [new() { Sha256 = new('a', 64) }] }) };
            yield return inputs with { KeyMaterial = inputs.KeyMaterial.Remove(key.Id()) };
        }

        for (var i = 0; i < inputs.Budgets.Length; i++)
        {
            var (budget, at) = (inputs.Budgets[i], i);
            TranslateInputs With(Budget changed) => inputs with { Budgets = inputs.Budgets.SetItem(at, changed) };
            yield return With(budget with { Metadata = Next(budget.Metadata) });
            yield return With(budget with { Spec = budget.Spec with { Limit = new() { Tokens = 1 } } });
            yield return With(budget with { Spec = budget.Spec with { Limit = new() } });
        }

        yield return inputs with { Prices = PriceTable.Empty };
        yield return inputs with { Secrets = [] };
        yield return inputs with { Namespaces = [] };
        yield return inputs with { Keys = [] };
        yield return inputs with { AllowLoopbackUpstreams = !inputs.AllowLoopbackUpstreams };
        var spec = inputs.Gateway.Spec;
        yield return inputs with { Gateway = inputs.Gateway with { Spec = spec with { AllowedUpstreamHosts = ["api.anthropic.com"] } } };
        yield return inputs with { Gateway = inputs.Gateway with { Spec = spec with { Storage = new() { EmptyDir = new(), PersistentVolumeClaim = new() } } } };
    }

    private static ObjectMeta Next(ObjectMeta metadata) => metadata with { Generation = metadata.Generation + 1 };

    /// <summary>The same, of which nothing has ever been seen.</summary>
    private static TranslateInputs Fresh(TranslateInputs inputs) => inputs with
    {
        Gateway = Fresh(inputs.Gateway),
        Routes = [.. inputs.Routes.Select(Fresh)],
        Keys = [.. inputs.Keys.Select(Fresh)],
        Budgets = [.. inputs.Budgets.Select(Fresh)],
        LastValid = inputs.LastValid with
        {
            Gateway = inputs.LastValid.Gateway is { } gateway ? Fresh(gateway) : null,
            Routes = inputs.LastValid.Routes.ToImmutableSortedDictionary(r => r.Key, r => Fresh(r.Value), StringComparer.Ordinal),
            Keys = inputs.LastValid.Keys.ToImmutableSortedDictionary(k => k.Key, k => Fresh(k.Value), StringComparer.Ordinal),
            Budgets = inputs.LastValid.Budgets.ToImmutableSortedDictionary(b => b.Key, b => Fresh(b.Value), StringComparer.Ordinal),
        },
    };

    private static T Fresh<T>(T resource) =>
        JsonSerializer.Deserialize<T>(JsonSerializer.SerializeToUtf8Bytes(resource, ApiJson.Options), ApiJson.Options)!;

    private static string Text<T>(T value) => JsonSerializer.Serialize(value, ApiJson.Options);
}
