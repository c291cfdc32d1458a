namespace Gateway.Server.Config;

/// <summary>The one reference to the model that is live. A request reads it once and keeps what it read to its end.</summary>
internal sealed class ModelHolder
{
    private volatile GatewayModel? _current;

    /// <summary>Null until the first config.</summary>
    public GatewayModel? Current => _current;

    public void Swap(GatewayModel model) => _current = model;
}
