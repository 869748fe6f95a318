using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using MtaSts.Delivery.Cli.Lint;
using MtaSts.Delivery.Dane;

namespace MtaSts.Delivery.Cli.Commands;

/// <summary>The options of every command that uses the network, and what they make of a deliverer's options.</summary>
/// <param name="usualTimeout">The seconds of each step unless <c>--timeout</c> says otherwise; the library's own limits unless given.</param>
internal sealed class ConnectionOptions(double? usualTimeout = null)
{
    private readonly Option<IPEndPoint[]> _dns = new("--dns")
    {
        Description = "A resolver to ask instead of the system's; may be repeated.",
        HelpName = "ADDR[:PORT]",
        CustomParser = result => [.. result.Tokens.Select(token => EndPoint(result, token.Value, 53)).OfType<IPEndPoint>()],
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string[]> _trust = TrustOption("Roots to trust instead of the system's; may be repeated.");
    private readonly Option<bool> _allowPrivate = new("--allow-private") { Description = "Also connect to loopback, private and link-local addresses." };
    private readonly Option<string?> _ehlo = new("--ehlo") { Description = "This host's name for EHLO; the system's unless given.", HelpName = "NAME" };
    private readonly Option<double?> _timeout = new("--timeout")
    {
        Description = "Seconds that each step may take: a look-up, a connection, a reply; a policy fetch may take three times as long.",
        HelpName = "SECONDS",
        CustomParser = Seconds,
    };

    private readonly Option<bool> _ipv4 = new("-4") { Description = "Use IPv4 only." };
    private readonly Option<bool> _ipv6 = new("-6") { Description = "Use IPv6 only." };
    private readonly Option<KeyValuePair<IPEndPoint, IPEndPoint>[]> _connectTo = new("--connect-to")
    {
        Description = "Connect to the second endpoint wherever the first is meant, for hosts that are not in service yet; may be repeated.",
        HelpName = "ADDR:PORT=ADDR:PORT",
        CustomParser = result => [.. result.Tokens.Select(token => Detour(result, token.Value)).OfType<KeyValuePair<IPEndPoint, IPEndPoint>>()],
        DefaultValueFactory = _ => [],
    };

    private readonly Option<bool> _dane = new("--dane") { Description = "Hold MX hosts to TLSA records (DANE); --dns must name a resolver that validates DNSSEC, on this host or named by --trust-dns." };
    private readonly Option<IPAddress[]> _trustDns = new("--trust-dns")
    {
        Description = "Believe this resolver's word on DNSSEC, though it is not on this host; may be repeated.",
        HelpName = "ADDR",
        CustomParser = result => [.. result.Tokens.Select(token => Address(result, token.Value)).OfType<IPAddress>()],
        DefaultValueFactory = _ => [],
    };

    public static Option<string[]> TrustOption(string description) => new("--trust") { Description = description, HelpName = "FILE.pem", DefaultValueFactory = _ => [] };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_dns, _trust, _allowPrivate, _ehlo, _timeout, _ipv4, _ipv6, _connectTo, _dane, _trustDns])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The deliverer's options that the command line asks for.</summary>
    /// <exception cref="UsageException">They do not go together, or a file cannot be read.</exception>
    public async Task<Func<MailDelivererOptions>> ReadAsync(ParseResult parsed, Surroundings around, CancellationToken cancellationToken)
    {
        X509Certificate2Collection? roots = await LoadRootsAsync(parsed.GetValue(_trust)!, around, cancellationToken).ConfigureAwait(false);
        if (parsed.GetValue(_connectTo)!.CountBy(detour => detour.Key).FirstOrDefault(one => one.Value > 1) is { Key: { } twice })
        {
            throw new UsageException($"--connect-to names {twice} twice; it can lead to one place only.");
        }

        if (parsed.GetValue(_dane) && parsed.GetValue(_dns)!.Length == 0)
        {
            throw new UsageException("--dane needs --dns: name a resolver that validates DNSSEC, such as --dns 127.0.0.1.");
        }

        if (!parsed.GetValue(_dane) && parsed.GetValue(_trustDns)!.Length > 0)
        {
            throw new UsageException("--trust-dns says nothing without --dane.");
        }

        Func<MailDelivererOptions> create = () => Create(parsed, around, roots);
        if (create() is { Dane.Mode: not DaneMode.Off } demanding && demanding.Dns.Servers.FirstOrDefault(server => !demanding.Dns.Believes(server.Address)) is { Address: var other })
        {
            throw new UsageException($"--dane: the word of {other} on DNSSEC does not count: " + (demanding.Dns.TrustedResolvers.Count == 0
                ? $"give --dns a resolver on this host that validates, or --trust-dns {other} if it validates and nobody on the way can impersonate it."
                : $"where --trust-dns is given, only those named by it count; give --trust-dns {other} as well, if it validates and nobody on the way can impersonate it."));
        }

        if (create().Validate().FirstOrDefault() is { } wrong)
        {
            throw new UsageException(wrong);
        }

        return create;
    }

    private MailDelivererOptions Create(ParseResult parsed, Surroundings around, X509Certificate2Collection? roots)
    {
        var options = new MailDelivererOptions { EhloName = parsed.GetValue(_ehlo) };
        foreach (IPEndPoint server in parsed.GetValue(_dns)!)
        {
            options.Dns.Servers.Add(server);
        }

        options.Dane.Mode = parsed.GetValue(_dane) ? DaneMode.Opportunistic : DaneMode.Off;
        options.Dns.UseTcpOnly = parsed.GetValue(_dane);
        foreach (IPAddress trusted in parsed.GetValue(_trustDns)!)
        {
            options.Dns.TrustedResolvers.Add(trusted);
        }

        options.Certificates.TrustAnchors = roots;
        options.Network.AllowPrivateAddresses = parsed.GetValue(_allowPrivate);
        // Both given means both, as neither does.
        bool both = parsed.GetValue(_ipv4) == parsed.GetValue(_ipv6);
        options.Network.UseIPv4 = both || parsed.GetValue(_ipv4);
        options.Network.UseIPv6 = both || parsed.GetValue(_ipv6);
        if (parsed.GetValue(_connectTo) is { Length: > 0 } detours)
        {
            var map = new Dictionary<IPEndPoint, IPEndPoint>(detours);
            options.Network.EndPointMap = endPoint => map.GetValueOrDefault(endPoint, endPoint);
        }

        if ((parsed.GetValue(_timeout) ?? usualTimeout) is { } seconds)
        {
            Limit(options, TimeSpan.FromSeconds(seconds));
        }

        around.Configure?.Invoke(options);
        return options;
    }

    private static void Limit(MailDelivererOptions options, TimeSpan limit)
    {
        options.Dns.QueryTimeout = Least(limit, options.Dns.QueryTimeout);
        options.Dns.LookupTimeout = limit;
        options.Network.ConnectTimeout = limit;
        options.Tls.HandshakeTimeout = limit;
        // A fetch has a look-up, a connection and an answer; as a whole it must outlast each of them, or its fault would have no name.
        options.Policies.FetchTimeout = Least(TimeSpan.FromMinutes(10), limit * 3 < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : limit * 3);
        options.Sessions.GreetingTimeout = limit;
        options.Sessions.CommandTimeout = limit;
    }

    /// <summary>The roots of the files, or <see langword="null"/> for the system's.</summary>
    public static async Task<X509Certificate2Collection?> LoadRootsAsync(IReadOnlyList<string> files, Surroundings around, CancellationToken cancellationToken)
    {
        var roots = new X509Certificate2Collection();
        foreach (string file in files)
        {
            (X509Certificate2Collection loaded, string reason) = CertificateLint.Load(await Input.ReadAsync(file, CertificateLint.MaxSize, around, cancellationToken).ConfigureAwait(false));
            if (loaded.Count == 0)
            {
                throw new UsageException($"--trust {file}: {reason}.");
            }

            roots.AddRange(loaded);
        }

        return files.Count == 0 ? null : roots;
    }

    private static TimeSpan Least(TimeSpan left, TimeSpan right) => left < right ? left : right;

    private static double? Seconds(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) && seconds is >= 0.1 and <= 300)
        {
            return seconds;
        }

        result.AddError($"--timeout '{Names.Printable(text)}' is not 0.1 to 300 seconds.");
        return null;
    }

    private static IPEndPoint? EndPoint(ArgumentResult result, string text, int port)
    {
        // A bare number would be an address, too: 1 is 0.0.0.1.
        if (text.AsSpan().IndexOfAny('.', ':') >= 0 && IPEndPoint.TryParse(text, out IPEndPoint? read))
        {
            return read.Port == 0 ? new IPEndPoint(read.Address, port) : read;
        }

        result.AddError($"'{Names.Printable(text)}' is no address; write one such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:53.");
        return null;
    }

    private static IPAddress? Address(ArgumentResult result, string text)
    {
        // In brackets a port may follow, which would be dropped without a word.
        if (text.AsSpan().IndexOfAny('.', ':') >= 0 && !text.Contains('[', StringComparison.Ordinal) && IPAddress.TryParse(text, out IPAddress? read))
        {
            return read;
        }

        result.AddError($"--trust-dns '{Names.Printable(text)}' is no address; write one such as 192.0.2.53 or 2001:db8::53, without a port.");
        return null;
    }

    private static KeyValuePair<IPEndPoint, IPEndPoint>? Detour(ArgumentResult result, string text)
    {
        string[] ends = text.Split('=');
        if (ends.Length == 2 && IPEndPoint.TryParse(ends[0], out IPEndPoint? from) && IPEndPoint.TryParse(ends[1], out IPEndPoint? to) && from.Port > 0 && to.Port > 0)
        {
            return new(from, to);
        }

        result.AddError($"--connect-to '{Names.Printable(text)}' is not ADDR:PORT=ADDR:PORT, such as 192.0.2.25:25=127.0.0.1:2525.");
        return null;
    }
}
