using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Routing;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Routing;

public sealed class RouteRulesTests
{
    private static readonly DomainName Domain = DomainName.Parse("example.com");

    /// <summary>MX-06. RFC 5321 §5.1.</summary>
    [TestCase("10 a.example|20 b.example|5 c.example", "c.example a.example b.example")]
    [TestCase("65535 a.example|0 b.example", "b.example a.example")]
    [TestCase("10 a.example", "a.example")]
    [TestCase("20 A.example|10 a.EXAMPLE.", "a.example")]
    public void Hosts_come_in_ascending_preference_each_once(string records, string hosts) =>
        Assert.That(Names(Route(records)), Is.EqualTo(hosts));

    /// <summary>MX-06. RFC 5321 §5.1.</summary>
    [Test]
    public void Hosts_of_one_preference_are_shuffled_and_no_others()
    {
        var random = new Random(1);
        int first = 0;
        for (int run = 0; run < 1000; run++)
        {
            string[] names = Names(RouteRules.FromRecords(Domain, Records("10 a.example|10 b.example|5 c.example|20 d.example"), 25, 10, [], random)).Split(' ');
            Assert.That((names[0], names[3]), Is.EqualTo(("c.example", "d.example")));
            first += names[1] == "a.example" ? 1 : 0;
        }

        Assert.That(first, Is.InRange(400, 600));
    }

    /// <summary>MX-08. RFC 5321 §5.1.</summary>
    [TestCase("5 a.example|10 me.example|10 b.example|20 c.example", "a.example")]
    [TestCase("10 ME.example|20 c.example", null)]
    [TestCase("10 me.example|5 a.example|30 me2.example", "a.example")]
    [TestCase("5 a.example|20 me2.example|10 me.example|7 b.example", "a.example b.example")]
    public void This_sender_s_own_preference_and_worse_ones_are_dropped(string records, string? hosts)
    {
        Route route = RouteRules.FromRecords(Domain, Records(records), 25, 10, [DomainName.Parse("me.example"), DomainName.Parse("me2.example")], new Random(1));
        Assert.That(route is Route.ToHosts ? Names(route) : null, Is.EqualTo(hosts));
        Assert.That((route as Route.NoMail)?.Reason, Is.EqualTo(hosts is null ? NoMailReason.Loop : (NoMailReason?)null));
    }

    /// <summary>MX-09. RFC 7505 §3, §4.</summary>
    [TestCase("0 ")]
    [TestCase("5 ")]
    [TestCase("0 |10 ")]
    public void A_null_MX_takes_no_mail(string records) =>
        Assert.That(((Route.NoMail)Route(records)).Reason, Is.EqualTo(NoMailReason.NullMx));

    /// <summary>MX-09. RFC 7505 §3.</summary>
    [Test]
    public void A_null_MX_beside_others_is_left_out()
    {
        var route = (Route.ToHosts)Route("0 |10 a.example");
        Assert.That(Names(route), Is.EqualTo("a.example"));
        Assert.That(route.Ignored, Is.EqualTo(["MX 0 '.': a null MX beside others"]));
    }

    /// <summary>MX-05, MX-08, MX-15. RFC 5321 §5.1.</summary>
    [Test]
    public void Whatever_is_left_out_is_told()
    {
        var route = (Route.ToHosts)RouteRules.FromRecords(
            Domain, Records("1 a..b|5 a.example|6 b.example|7 c.example|10 me.example|20 d.example"), 25, 2, [DomainName.Parse("me.example")], new Random(1));
        Assert.That(Names(route), Is.EqualTo("a.example b.example"));
        Assert.That(route.Ignored, Is.EqualTo(
            ["MX 1 'a..b': not a host name", "2 MX record(s) of preference 10 and above: me.example is this sender itself", "1 MX record(s) beyond the first 2"]));
    }

    /// <summary>MX-15. RFC 5321 §5.1.</summary>
    [Test]
    public void As_many_hosts_as_may_be_tried_leave_nothing_to_tell() =>
        Assert.That(((Route.ToHosts)RouteRules.FromRecords(Domain, Records("1 a.example|2 b.example"), 25, 2, [], new Random(1))).Ignored, Is.Empty);

    /// <summary>MX-05, MX-10. RFC 5321 §5.1.</summary>
    [TestCase("10 192.0.2.1|20 a.example", "a.example")]
    [TestCase("10 1|20 127.1|30 a.example", "a.example")]
    [TestCase("10 2001:db8::1|20 [192.0.2.1]|30 a.example", "a.example")]
    [TestCase("10 a..b|20 a b|30 a\0.example|40 b.example", "b.example")]
    [TestCase("10 mx_1.example", "mx_1.example")]
    [TestCase("10 localhost", "localhost")]
    [TestCase("10 192.0.2.1", null)]
    [TestCase("10 127.1|20 a..b", null)]
    public void What_names_no_host_is_left_out_and_told(string records, string? hosts)
    {
        Route route = Route(records);
        Assert.That(route is Route.ToHosts ? Names(route) : null, Is.EqualTo(hosts));
        Assert.That((route as Route.NoMail)?.Reason, Is.EqualTo(hosts is null ? NoMailReason.NoUsableMx : (NoMailReason?)null));
    }

    /// <summary>MX-10. RFC 5321 §5.1.</summary>
    [Test]
    public void An_exchange_of_endless_length_is_left_out_and_told_in_short()
    {
        var route = (Route.NoMail)RouteRules.FromRecords(Domain, [new MxRecord(10, "\u001B" + new string('a', 60_000))], 25, 10, [], new Random(1));
        Assert.That(route.Detail, Has.Length.LessThan(300).And.None.Matches<char>(char.IsControl));
    }

    /// <summary>MX-15. RFC 5321 §5.1.</summary>
    [TestCase(500, 10)]
    [TestCase(500, 1)]
    [TestCase(5, 10)]
    public void So_many_hosts_and_no_more_are_tried(int records, int maxHosts)
    {
        MxRecord[] all = [.. Enumerable.Range(0, records).Select(i => new MxRecord(i, $"mx{i}.example"))];
        var route = (Route.ToHosts)RouteRules.FromRecords(Domain, all, 25, maxHosts, [], new Random(1));
        Assert.That(route.Candidates, Has.Count.EqualTo(Math.Min(records, maxHosts)));
        Assert.That(route.Candidates[0].Name, Is.EqualTo("mx0.example"));
    }

    /// <summary>MX-15. RFC 5321 §5.1.</summary>
    [Test]
    public void What_is_left_out_is_told_for_so_many_and_no_more()
    {
        MxRecord[] all = [.. Enumerable.Repeat(new MxRecord(1, "a..b"), 5000), new MxRecord(1, "a.example")];
        Assert.That(((Route.ToHosts)RouteRules.FromRecords(Domain, all, 25, 10, [], new Random(1))).Ignored, Has.Count.EqualTo(10));
    }

    [Test]
    public void Every_candidate_has_the_port() =>
        Assert.That(((Route.ToHosts)RouteRules.FromRecords(Domain, Records("1 a.example"), 2525, 10, [], new Random(1))).Candidates[0].Port, Is.EqualTo(2525));

    private static Route Route(string records) => RouteRules.FromRecords(Domain, Records(records), 25, 10, [], new Random(1));

    private static MxRecord[] Records(string text) =>
        [.. text.Split('|').Select(record => record.Split(' ', 2)).Select(parts => new MxRecord(int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture), parts[1]))];

    private static string Names(Route route) => string.Join(' ', ((Route.ToHosts)route).Candidates.Select(candidate => candidate.Name));
}
