namespace MtaSts.Delivery.Testing;

/// <summary>Something on the fake internet was not as it must be; every test framework shows it as a failure.</summary>
public sealed class VerificationException : Exception
{
    /// <summary>Creates the exception.</summary>
    public VerificationException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What must be, and what was.</param>
    public VerificationException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What must be, and what was.</param>
    /// <param name="innerException">The cause.</param>
    public VerificationException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
