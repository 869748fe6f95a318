namespace MtaSts.Delivery.Fuzz;

/// <summary>One parser that eats foreign octets.</summary>
/// <param name="Name">Its name, which is also that of its folder in <c>tests/vectors/fuzz</c>.</param>
/// <param name="Seeds">Inputs to start from.</param>
/// <param name="Run">Feeds it one input; anything that it throws is a finding.</param>
internal sealed record Target(string Name, IReadOnlyList<byte[]> Seeds, Func<byte[], Task> Run);
