namespace Benchmarks.Load;

/// <summary>What a connection sends, and to which port.</summary>
internal readonly record struct Aim(int Port, byte[] Request);
