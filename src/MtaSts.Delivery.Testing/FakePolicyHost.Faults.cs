using System.Collections.Immutable;
using MtaSts.Delivery.Testing.Https;

namespace MtaSts.Delivery.Testing;

/// <content>Responses and faults.</content>
public sealed partial class FakePolicyHost
{
    /// <summary>Another status than 200. The policy text stays in the body where the status allows one.</summary>
    public FakePolicyHost Status(int status) => Change(_response => _response with { Status = status });

    /// <summary>Another media type than <c>text/plain</c>; null for no such header field.</summary>
    public FakePolicyHost ContentType(string? mediaType) => Change(_response => _response with { ContentType = mediaType });

    /// <summary>A further header field.</summary>
    public FakePolicyHost Header(string name, string value) => Change(_response => _response with { Headers = _response.Headers.Add((name, value)) });

    /// <summary>Another body than the policy text, octet by octet.</summary>
    public FakePolicyHost Body(byte[] body) => Change(_response => _response with { Body = [.. body] });

    /// <summary>A redirection.</summary>
    public FakePolicyHost Redirect(int status, string location) => Status(status).Header("Location", location);

    /// <summary>The body comes one octet after each interval of simulated time.</summary>
    public FakePolicyHost Drip(TimeSpan interval) => Change(_response => _response with { DripInterval = interval });

    /// <summary>The connection ends with a FIN, without close_notify, after so many octets of the framed body.</summary>
    public FakePolicyHost CutAfter(int octets) => Change(_response => _response with { CutAfter = octets });

    /// <summary>Neither Content-Length nor chunks: the body ends where the connection is closed, in good order.</summary>
    public FakePolicyHost Unframed() => Change(_response => _response with { Framing = Framing.ByClose });

    /// <summary>The body comes as chunks.</summary>
    public FakePolicyHost Chunked() => Change(_response => _response with { Framing = Framing.Chunked });

    /// <summary>A body that never ends, until the client hangs up or has been sent 64 MiB.</summary>
    public FakePolicyHost Endless() => Change(_response => _response with { Fault = ResponseFault.Endless });

    /// <summary>A content coding. <c>gzip</c> really compresses the body, any other name is only claimed.</summary>
    public FakePolicyHost Encoding(string coding) => Change(_response => _response with { Encoding = coding });

    /// <summary>No response to a request, until the client gives up.</summary>
    public FakePolicyHost Stall() => Change(_response => _response with { Fault = ResponseFault.Stall });

    /// <summary>The connection is reset at a request.</summary>
    public FakePolicyHost Reset() => Change(_response => _response with { Fault = ResponseFault.Reset });

    /// <summary>The connection is closed at a request.</summary>
    public FakePolicyHost Close() => Change(_response => _response with { Fault = ResponseFault.Close });

    /// <summary>The response is no HTTP.</summary>
    public FakePolicyHost Garbage() => Change(_response => _response with { Fault = ResponseFault.Garbage });

    /// <summary>A quarter of a megabyte of header fields.</summary>
    public FakePolicyHost HugeHeaders() => Change(_response => _response with { HasHugeHeaders = true });

    /// <summary>An interim response 103 before the response. RFC 8297.</summary>
    public FakePolicyHost EarlyHints() => Change(_response => _response with { HasEarlyHints = true });

    /// <summary>Spoils the TLS handshake.</summary>
    public FakePolicyHost Handshake(HandshakeFault fault)
    {
        Tls.Spoil(fault);
        return this;
    }

    /// <summary>Connections are refused.</summary>
    public FakePolicyHost Down()
    {
        _isDown = true;
        return this;
    }

    /// <summary>Removes all faults, responses and certificates that were set. Policy text and addresses stay.</summary>
    public FakePolicyHost Healthy()
    {
        _isDown = false;
        Tls.Heal();
        return Change(_ => new PolicyResponse());
    }
}
