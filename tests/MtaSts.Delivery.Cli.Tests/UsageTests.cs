using NUnit.Framework;

namespace MtaSts.Delivery.Cli.Tests;

/// <summary>Slips on the command line: one line, what was probably meant, 2.</summary>
public sealed class UsageTests
{
    [TestCase("check --bogus x.test", "mta-sts check: unknown option --bogus. See mta-sts check --help.\n")]
    [TestCase("lint policy --jsn pol.txt", "mta-sts lint policy: unknown option --jsn; did you mean --json? See mta-sts lint policy --help.\n")]
    [TestCase("match --policy pol.txt mx1.example.test --jsn", "mta-sts match: unknown option --jsn; did you mean --json? See mta-sts match --help.\n")]
    [TestCase("match --policy --jsn mx1.example.test", "mta-sts match: unknown option --jsn; did you mean --json? See mta-sts match --help.\n")]
    [TestCase("finding --jso cert.name", "mta-sts finding: unknown option --jso; did you mean --json? See mta-sts finding --help.\n")]
    [TestCase("lint policy --jsn=1 pol.txt", "mta-sts lint policy: unknown option --jsn; did you mean --json? See mta-sts lint policy --help.\n")]
    [TestCase("lint policy -j pol.txt", "mta-sts lint policy: unknown option -j. See mta-sts lint policy --help.\n")]
    [TestCase("lint policy --json=yes pol.txt", "mta-sts lint policy: --json takes no value. See mta-sts lint policy --help.\n")]
    [TestCase("--json finding", "mta-sts finding: --json stands before the command; put it behind. See mta-sts finding --help.\n")]
    [TestCase("chek x.test", "mta-sts: unknown command chek; did you mean check? See mta-sts --help.\n")]
    [TestCase("queue lst --store queue.db", "mta-sts queue: unknown command lst; did you mean list? See mta-sts queue --help.\n")]
    [TestCase("lint polcy x", "mta-sts lint: unknown command polcy; did you mean policy? See mta-sts lint --help.\n")]
    [TestCase("lint", "mta-sts lint: a command is missing: policy, record, tls-record, report, certificate. See mta-sts lint --help.\n")]
    [TestCase("check", "mta-sts check: DOMAIN is missing. See mta-sts check --help.\n")]
    [TestCase("match mx1.example.test", "mta-sts match: --policy is missing. See mta-sts match --help.\n")]
    [TestCase("policy new a.test b.test", "mta-sts policy new: 'b.test' is one argument too many. See mta-sts policy new --help.\n")]
    [TestCase("policy new a.test --mode", "mta-sts policy new: a value is missing behind --mode. See mta-sts policy new --help.\n")]
    [TestCase("policy new a.test --max-age -5", "--max-age is 0 to 31557600 seconds (RFC 8461 §3.2).\n")]
    [TestCase("check -- --bogus", "'--bogus' is no domain name; write one such as example.com.\n")]
    [TestCase("check @domains", "'@domains' is no domain name; write one such as example.com, without what stands before the @.\n")]
    [TestCase("check --dns 1 x.test", "mta-sts check: '1' is no address; write one such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:53. See mta-sts check --help.\n")]
    [TestCase("check --dane x.test", "--dane needs --dns: name a resolver that validates DNSSEC, such as --dns 127.0.0.1.\n")]
    [TestCase("check --dane --dns 192.0.2.53 x.test", "--dane: the word of 192.0.2.53 on DNSSEC does not count: give --dns a resolver on this host that validates, or --trust-dns 192.0.2.53 if it validates and nobody on the way can impersonate it.\n")]
    [TestCase("check --dane --dns 127.0.0.1 --trust-dns 192.0.2.53 x.test", "--dane: the word of 127.0.0.1 on DNSSEC does not count: where --trust-dns is given, only those named by it count; give --trust-dns 127.0.0.1 as well, if it validates and nobody on the way can impersonate it.\n")]
    [TestCase("check --trust-dns 192.0.2.53 x.test", "--trust-dns says nothing without --dane.\n")]
    [TestCase("check --dane --dns 192.0.2.53 --trust-dns 192.0.2.53:53 x.test", "mta-sts check: --trust-dns '192.0.2.53:53' is no address; write one such as 192.0.2.53 or 2001:db8::53, without a port. See mta-sts check --help.\n")]
    [TestCase("check --dane --dns 192.0.2.53 --trust-dns [2001:db8::53]:53 x.test", "mta-sts check: --trust-dns '[2001:db8::53]:53' is no address; write one such as 192.0.2.53 or 2001:db8::53, without a port. See mta-sts check --help.\n")]
    [TestCase("check --dane --dns 192.0.2.53 --trust-dns 1 x.test", "mta-sts check: --trust-dns '1' is no address; write one such as 192.0.2.53 or 2001:db8::53, without a port. See mta-sts check --help.\n")]
    [TestCase("finding cert.nam", "There is no finding 'cert.nam'; did you mean cert.name?\n")]
    public async Task A_slip_has_one_line(string command, string message)
    {
        Ran ran = await Ran.ToolAsync(command.Split(' '));
        Assert.That(ran.Error, Is.EqualTo(message));
        Assert.That(ran.Code, Is.EqualTo(2));
        Assert.That(ran.Out, Is.Empty);
    }

    [TestCase("check --connect-to 192.0.2.1:25=127.0.0.1:1 --connect-to 192.0.2.1:25=127.0.0.1:2 x.test", "--connect-to names 192.0.2.1:25 twice; it can lead to one place only.\n")]
    [TestCase("match --policy \u001b[2J\u202e x.test", "?[2J?: there is no such file.\n")]
    public async Task What_is_said_is_one_line_without_what_could_forge_a_screen(string command, string message)
    {
        Ran ran = await Ran.ToolAsync(command.Split(' '));
        Assert.That((ran.Code, ran.Error), Is.EqualTo((2, message)));
    }

    [Test]
    public async Task Behind_two_hyphens_a_file_may_begin_with_one()
    {
        Ran ran = await Ran.ToolAsync("lint", "policy", "--json", "--", "-missing.txt");
        Assert.That(ran.Objects.Single().GetProperty("source").GetString(), Is.EqualTo("-missing.txt"));
    }

    [Test]
    public async Task A_value_that_begins_with_a_hyphen_stands_behind_an_equals_sign()
    {
        Ran ran = await Ran.ToolAsync("send", "--from=-x@sender.example", "--to", "jane@example.test", "/missing.eml");
        Assert.That(ran.Error, Is.EqualTo("/missing.eml: there is no such file.\n"));
    }

    [Test]
    public async Task A_word_behind_a_flag_is_data()
    {
        Ran ran = await Ran.ToolAsync("lint", "policy", "--json", "true");
        Assert.That(ran.Objects.Single().GetProperty("source").GetString(), Is.EqualTo("true"));
    }

    [Test]
    public async Task Help_is_given_whatever_else_stands_there() =>
        Assert.That((await Ran.ToolAsync("check", "--bogus", "--help")).Out, Does.Contain("Examples:"));

    [Test]
    public async Task Findings_are_explained_as_JSON_too() => Assert.That(
        (await Ran.ToolAsync("finding", "--json", "cert.usage")).Out,
        Is.EqualTo("""
            {"code":"cert.usage","severity":"error","meaning":"The certificate is not meant for servers.","effect":"Senders that enforce the policy hand this host nothing; they try the next one, and defer the mail when none is left.","remedy":"Install a certificate for server authentication.","reference":"RFC 5280 §4.2.1.12"}

            """.ReplaceLineEndings("\n")));
}
