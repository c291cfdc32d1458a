namespace Gateway.Server.Budget.Spool;

/// <summary>How items go together.</summary>
/// <param name="Size">Of a batch, at most.</param>
/// <param name="Gathers">True: several batches on the volume may be delivered as one, a little larger than that.</param>
internal readonly record struct BacklogShape(int Size, bool Gathers);
