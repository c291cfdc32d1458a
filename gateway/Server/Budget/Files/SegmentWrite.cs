using Microsoft.Win32.SafeHandles;

namespace Gateway.Server.Budget.Files;

/// <summary>Writes all the bytes at the offset, or throws.</summary>
internal delegate void SegmentWrite(SafeFileHandle segment, ReadOnlySpan<byte> bytes, long offset);
