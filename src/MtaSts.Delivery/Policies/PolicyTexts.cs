namespace MtaSts.Delivery.Policies;

/// <summary>Lets domains with the same policy share its octets, its id and what was read from it.</summary>
/// <remarks>Large providers publish one text for all their customers. The last one seen with a given hash is remembered, in a table of fixed
/// size: sharing can be missed, which costs memory and never truth.</remarks>
internal sealed class PolicyTexts
{
    private const int Slots = 4096;

    private readonly byte[]?[] _texts = new byte[Slots][];
    private readonly string?[] _ids = new string[Slots];
    private readonly StsPolicy?[] _policies = new StsPolicy[Slots];

    /// <summary>An array with these octets, an earlier one if there is one.</summary>
    public byte[] Share(ReadOnlySpan<byte> text)
    {
        ref byte[]? slot = ref _texts[Slot(text)];
        byte[]? known = Volatile.Read(ref slot);
        if (known is not null && text.SequenceEqual(known))
        {
            return known;
        }

        byte[] fresh = text.ToArray();
        Volatile.Write(ref slot, fresh);
        return fresh;
    }

    /// <summary>The same text, an earlier object if there is one.</summary>
    public string Share(string id)
    {
        ref string? slot = ref _ids[(uint)string.GetHashCode(id, StringComparison.Ordinal) % Slots];
        string? known = Volatile.Read(ref slot);
        if (string.Equals(known, id, StringComparison.Ordinal))
        {
            return known!;
        }

        Volatile.Write(ref slot, id);
        return id;
    }

    /// <summary>Reads a policy, or finds what was read before; <see langword="null"/> when the text is none.</summary>
    public StsPolicy? Read(ReadOnlySpan<byte> text)
    {
        ref StsPolicy? slot = ref _policies[Slot(text)];
        StsPolicy? known = Volatile.Read(ref slot);
        if (known is not null && text.SequenceEqual(known.Octets.Span))
        {
            return known;
        }

        if (!StsPolicy.TryParse(text, out StsPolicy? policy, out _))
        {
            return null;
        }

        Volatile.Write(ref slot, policy);
        return policy;
    }

    private static int Slot(ReadOnlySpan<byte> text) => (int)(Hash(text) % Slots);

    // A keyed hash: a stranger who knew it could make every text fall into one slot.
    private static uint Hash(ReadOnlySpan<byte> text)
    {
        var hash = new HashCode();
        hash.AddBytes(text);
        return (uint)hash.ToHashCode();
    }
}
