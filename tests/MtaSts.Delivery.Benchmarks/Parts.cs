using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using BenchmarkDotNet.Attributes;
using MimeKit;
using MtaSts.Delivery.Benchmarks.Load;
using MtaSts.Delivery.Benchmarks.Sinks;
using MtaSts.Delivery.Certificates;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Benchmarks;

/// <summary>The parts of a delivery that every message or every handshake pays for.</summary>
[MemoryDiagnoser]
public class Parts : IDisposable
{
    private readonly byte[] _small = new MessageTemplate(4096).Copy();
    private readonly byte[] _large = new MessageTemplate(100 * 1024).Copy();
    private readonly byte[] _bare;
    private readonly MimeMessage _parsed;
    private readonly EnvelopeAddress _sender = EnvelopeAddress.Parse("noreply@client.load.example");
    private readonly EnvelopeAddress _recipient = EnvelopeAddress.Parse("jane@customer.example.com");
    private readonly TestAuthority _authority = new();
    private readonly X509Certificate2Collection _roots;
    private readonly X509Certificate2 _certificate;
    private readonly DomainName _host = DomainName.Parse("mx0.load.example");

    public Parts()
    {
        _bare = Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(_small).Replace("\r\n", "\n", StringComparison.Ordinal));
        _parsed = MimeMessage.Load(new MemoryStream(_small));
        _roots = [_authority.Root];
        SslStreamCertificateContext context = _authority.Issue(_host.Value);
        _certificate = context.TargetCertificate;
    }

    [Benchmark]
    public MessageContent ContentOfStored4K() => MessageContent.From(_small.AsMemory());

    [Benchmark]
    public MessageContent ContentOfStored100K() => MessageContent.From(_large.AsMemory());

    [Benchmark]
    public MessageContent ContentOfStored4KWithBareLineFeeds() => MessageContent.From(_bare.AsMemory());

    [Benchmark]
    public MessageContent ContentOfMimeMessage4K() => MessageContent.From(_parsed);

    [Benchmark]
    public Envelope EnvelopeOfAddresses() => new(_sender, [_recipient]);

    [Benchmark]
    public Envelope EnvelopeOfTexts() => new("noreply@client.load.example", "jane@customer.example.com");

    [Benchmark]
    public CertificateFindings CertificateJudged() => CertificateRules.Judge(_certificate, [], _host, _roots, DateTimeOffset.UtcNow);

    public void Dispose()
    {
        _parsed.Dispose();
        _authority.Dispose();
        GC.SuppressFinalize(this);
    }
}
