using System.Diagnostics.CodeAnalysis;
using System.Text;
using MtaSts.Delivery.Findings;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Policies;

/// <summary>A policy as its domain published it. RFC 8461 §3.2.</summary>
public sealed record StsPolicy
{
    internal const long MaxMaxAge = 31557600;

    private StsPolicy(PolicyMode mode, TimeSpan maxAge, IReadOnlyList<MxPattern> mx, byte[] octets)
    {
        Mode = mode;
        MaxAge = maxAge;
        Mx = mx;
        Octets = octets;
    }

    /// <summary>What the policy asks of senders.</summary>
    public PolicyMode Mode { get; }

    /// <summary>How long the policy lives after its fetch: zero to 31,557,600 seconds, longer ones shortened to that (decision AMB-3).</summary>
    public TimeSpan MaxAge { get; }

    /// <summary>The hosts that may take mail; empty only in mode none.</summary>
    public IReadOnlyList<MxPattern> Mx { get; }

    /// <summary>The text as it was fetched, for reports. RFC 8460 §4.4.</summary>
    public string Text => Encoding.UTF8.GetString(Octets.Span);

    /// <summary>The text in UTF-8, which takes half the memory.</summary>
    internal ReadOnlyMemory<byte> Octets { get; }

    /// <summary>Whether the policy names the MX host. RFC 8461 §4.1.</summary>
    public bool Permits(DomainName mxHost) => PatternFor(mxHost) is not null;

    /// <summary>The first pattern that names the MX host, or <see langword="null"/>.</summary>
    public MxPattern? PatternFor(DomainName mxHost)
    {
        foreach (MxPattern pattern in Mx)
        {
            if (pattern.Matches(mxHost))
            {
                return pattern;
            }
        }

        return null;
    }

    /// <summary>Reads a policy to the letter of the grammar. RFC 8461 §3.2.</summary>
    /// <remarks>Lines end in LF or CRLF (erratum 6253). Blank lines at the end are accepted, inside they are not (decision AMB-7).
    /// One bad <c>mx</c> value makes the whole policy invalid (decision AMB-2).</remarks>
    /// <param name="body">The octets that were fetched, at most 64 KiB.</param>
    /// <param name="policy">The policy, when the text is one.</param>
    /// <param name="fault">What is wrong and in which line, for a person, when it is none.</param>
    public static bool TryParse(ReadOnlySpan<byte> body, [NotNullWhen(true)] out StsPolicy? policy, [NotNullWhen(false)] out string? fault)
    {
        PolicyReading reading = Read(body, advises: false);
        policy = reading.Policy;
        fault = reading.Fault?.ToString();
        return policy is not null;
    }

    /// <summary>Reads a policy as <see cref="TryParse(ReadOnlySpan{byte}, out StsPolicy?, out string?)"/> does, and tells all that it noticed.</summary>
    /// <param name="body">The octets that were fetched, at most 64 KiB.</param>
    public static PolicyReading Read(ReadOnlySpan<byte> body) => Read(body, advises: true);

    private static PolicyReading Read(ReadOnlySpan<byte> body, bool advises)
    {
        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(body);
        }
        catch (ArgumentException)
        {
            var fault = new Finding("policy.not-utf8", "the policy is not UTF-8 text");
            return new PolicyReading(null, [fault]) { Fault = fault };
        }

        var reader = new PolicyReader(advises);
        reader.Read(text);
        return reader.Fault is { } decisive
            ? new PolicyReading(null, [decisive, .. reader.Findings.Where(one => !ReferenceEquals(one, decisive)).Take(PolicyReader.MaxFindings - 1)]) { Fault = decisive }
            : new PolicyReading(new StsPolicy(reader.Mode!.Value, TimeSpan.FromSeconds(Math.Min(reader.MaxAge!.Value, MaxMaxAge)), [.. reader.Mx], body.ToArray()), reader.Findings);
    }

    /// <summary>Reads a policy from text that is already decoded.</summary>
    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out StsPolicy?, out string?)"/>
    public static bool TryParse(string? text, [NotNullWhen(true)] out StsPolicy? policy, [NotNullWhen(false)] out string? fault) =>
        TryParse(Encoding.UTF8.GetBytes(text ?? ""), out policy, out fault);

    /// <summary>Reads a policy that is known to be good: for literals in programs and tests.</summary>
    /// <exception cref="FormatException">The text is no policy; the message says what is wrong.</exception>
    public static StsPolicy Parse(string text) => TryParse(text, out StsPolicy? policy, out string? fault)
        ? policy
        : throw new FormatException("Not an MTA-STS policy: " + fault + ".");

    /// <summary>Two policies are equal when their texts are.</summary>
    public bool Equals(StsPolicy? other) => other is not null && Octets.Span.SequenceEqual(other.Octets.Span);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Octets.Span);
        return hash.ToHashCode();
    }
}
