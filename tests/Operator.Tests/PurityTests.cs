using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Operator.Translate;

namespace Operator.Tests;

/// <summary>What is called pure reaches for nothing: no clock, client, logger, file or dice. Read from the compiled assembly.</summary>
public sealed class PurityTests
{
    private static readonly string[] s_pure = ["Operator.Translate", "Operator.Status"];
    private static readonly string[] s_forbidden =
        ["HttpClient", "HttpMessageInvoker", "Socket", "ILogger", "TimeProvider", "Random", "File", "Directory", "FileStream", "Process", "Console", "Environment"];

    [Fact]
    public void PureFolders_CallNothingOfTheOutside()
    {
        using var stream = File.OpenRead(typeof(Translator).Assembly.Location);
        using var image = new PEReader(stream);
        var metadata = image.GetMetadataReader();
        var found = new List<string>();
        foreach (var handle in metadata.TypeDefinitions)
        {
            var type = metadata.GetTypeDefinition(handle);
            if (!IsPure(metadata, type))
                continue;
            foreach (var method in type.GetMethods().Select(metadata.GetMethodDefinition).Where(m => m.RelativeVirtualAddress != 0))
            {
                var il = image.GetMethodBody(method.RelativeVirtualAddress).GetILBytes()!;
                found.AddRange(Tokens(metadata, il).Select(t => $"{metadata.GetString(type.Name)}.{metadata.GetString(method.Name)} uses {t}"));
            }
        }

        found.ShouldBeEmpty();
    }

    [Fact]
    public void Tokens_OfAMethodThatReadsAFile_NameIt()
    {
        using var stream = File.OpenRead(typeof(PurityTests).Assembly.Location);
        using var image = new PEReader(stream);
        var metadata = image.GetMetadataReader();
        var impure = metadata.MethodDefinitions.Select(metadata.GetMethodDefinition).Single(m => metadata.GetString(m.Name) == nameof(Impure));

        Tokens(metadata, image.GetMethodBody(impure.RelativeVirtualAddress).GetILBytes()!).ShouldBe(["File"]);
    }

    private static bool Impure() => File.Exists("nowhere");

    private static bool IsPure(MetadataReader metadata, TypeDefinition type)
    {
        while (type.GetDeclaringType() is { IsNil: false } outer)
            type = metadata.GetTypeDefinition(outer);
        var name = metadata.GetString(type.Namespace);
        return s_pure.Any(p => name == p || name.StartsWith(p + ".", StringComparison.Ordinal));
    }

    /// <summary>Forbidden types whose members are called: call, callvirt and newobj carry the member's token.</summary>
    private static IEnumerable<string> Tokens(MetadataReader metadata, byte[] il)
    {
        for (var i = 0; i + 4 < il.Length; i++)
        {
            if (il[i] is not (0x28 or 0x6F or 0x73))
                continue;
            var token = BitConverter.ToInt32(il, i + 1);
            if (token >> 24 != 0x0A || (token & 0xFFFFFF) > metadata.GetTableRowCount(TableIndex.MemberRef))
                continue;
            var member = metadata.GetMemberReference((MemberReferenceHandle)MetadataTokens.Handle(token));
            if (member.Parent.Kind != HandleKind.TypeReference)
                continue;
            var name = metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)member.Parent).Name);
            if (s_forbidden.Contains(name, StringComparer.Ordinal))
                yield return name;
        }
    }
}
