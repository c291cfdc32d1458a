namespace Operator.Standalone.Process;

/// <summary>Finds the gateway's program where nobody says where it is.</summary>
internal static class GatewayCommand
{
    private const string Variable = "GATEWAY_COMMAND";

    /// <summary>What the environment says, else the gateway beside the operator (as in an image), else that of the same build.</summary>
    /// <param name="environment">Reads a variable.</param>
    /// <param name="operatorFolder">Where the operator's own program is.</param>
    public static string Find(Func<string, string?> environment, string operatorFolder)
    {
        if (environment(Variable) is { Length: > 0 } command)
            return command;
        var program = OperatingSystem.IsWindows() ? "gateway.exe" : "gateway";
        var folder = new DirectoryInfo(operatorFolder.TrimEnd(Path.DirectorySeparatorChar));
        var beside = Path.Combine(folder.FullName, program);
        return File.Exists(beside) ? beside : Path.GetFullPath(Path.Combine(folder.FullName, "..", "..", "Gateway", folder.Name, program));
    }
}
