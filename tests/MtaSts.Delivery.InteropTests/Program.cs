using MtaSts.Delivery.InteropTests;
using MtaSts.Delivery.InteropTests.Parts;
using MtaSts.Delivery.InteropTests.Servers;

// The first word says what to do; the script of the part that asks for it gives the rest.
using CancellationTokenSource stop = new(TimeSpan.FromMinutes(25));
return args switch
{
    ["send", .. var rest] => await Sending.RunAsync(Arguments.Parse(rest), stop.Token),
    ["mx", .. var rest] => await MxPart.RunAsync(Arguments.Parse(rest), stop.Token),
    ["peers", "--addresses"] => await PeersPart.ListAddressesAsync(),
    ["peers", .. var rest] => await PeersPart.RunAsync(Arguments.Parse(rest), stop.Token),
    ["throughput", .. var rest] => await ThroughputPart.RunAsync(Arguments.Parse(rest), stop.Token),
    ["load", .. var rest] => await LibraryLoad.RunAsync(Arguments.Parse(rest), stop.Token),
    ["certificates", .. var rest] => await LeafCertificates.RunAsync(Arguments.Parse(rest), stop.Token),
    ["link", .. var rest] => await Link.RunAsync(Arguments.Parse(rest), stop.Token),
    ["reports", .. var rest] => await ReportsPart.RunAsync(Arguments.Parse(rest), stop.Token),
    ["greylist", .. var rest] => await Greylist.RunAsync(Arguments.Parse(rest), stop.Token),
    _ => throw new ArgumentException($"'{string.Join(' ', args)}' is nothing that this program does."),
};
