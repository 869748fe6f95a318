namespace MtaSts.Delivery.Sessions;

/// <summary>Carries a session failure through MailKit, which passes I/O exceptions on.</summary>
internal sealed class SmtpWireException(SessionFailure failure) : IOException(failure.Detail)
{
    public SessionFailure Failure { get; } = failure;
}
