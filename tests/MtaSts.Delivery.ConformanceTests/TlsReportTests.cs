using System.Net;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Reporting;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>Reports from the first session to the receiver's mailbox.</summary>
public sealed class TlsReportTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>RPT-05, RPT-19, RPT-20, RPT-22, RPT-25, RPT-51, RPT-52, RPT-53, RPT-54, RPT-55, RPT-56, RPT-57, RPT-58, RPT-59, RPT-60, RPT-65. RFC 8460 §3, §4, §5.</summary>
    [Test]
    public async Task A_day_of_every_failure_ends_with_reports_whose_every_number_is_the_transcripts()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        // The mailbox of all mailed reports lies behind a policy that nothing meets.
        internet.Domain("mailbox.test").Mx(10, "mx.mailbox.test").Policy(PolicyMode.Enforce, "other.mailbox.test");
        internet.MxHost("mx.mailbox.test").NoStartTls();
        internet.WantsReports("mailbox.test", "mailto:own@mailbox.test");
        FakeReportHost receiver = internet.ReportHost("reports.test");
        var expected = new Dictionary<string, Expected>();
        for (int i = 0; i < 30; i++)
        {
            string domain = $"d{i}.test", mx = $"mx1.d{i}.test";
            MxFlaw? flaw = i < MxFlaw.All.Count ? MxFlaw.All[i] : null;
            bool lists = flaw is null || flaw.Failure != Tls.TlsFailure.HostNotPermitted;
            FakeDomain owner = internet.Domain(domain).Mx(10, mx);
            if (i != 29)
            {
                owner.Policy(i % 2 == 0 ? PolicyMode.Enforce : PolicyMode.Testing, lists ? mx : "mx9." + domain);
            }

            if (i is 26 or 27 or 28)
            {
                (i == 26 ? owner.PolicyHost.Status(500) : i == 27 ? owner.PolicyHost.Body("nonsense"u8.ToArray()) : owner.PolicyHost.Certificate(c => c.Expired())).ToString();
            }

            flaw?.Apply(internet.MxHost(mx).Certificate(c => c));
            string? type = i switch { 26 => "sts-policy-fetch-error", 27 => "sts-policy-invalid", 28 => "sts-webpki-invalid", _ => flaw?.ReportAs };
            expected[domain] = new Expected(1 + (i % 3), i == 29 ? "no-policy-found" : "sts", type, flaw is { SpoilsConnection: true } && i % 2 == 1 ? 2 : lists || i % 2 == 1 ? 1 : 0);
            internet.WantsReports(domain, i % 2 == 0 ? "mailto:reports@mailbox.test" : "https://reports.test/tlsrpt?for=" + domain);
        }

        var store = new MemoryTlsResultStore();
        await using var collector = new TlsResultCollector(store, clock: internet.Clock);
        await using MailDeliverer deliverer = internet.Deliverer(o => o.Pool.KeepsSessions = false, results: collector);
        var reporter = new TlsReporter(deliverer, store, Reporters.Options(internet));
        foreach ((string domain, Expected one) in expected)
        {
            for (int i = 0; i < one.Messages; i++)
            {
                await deliverer.DeliverAsync(PolicyDeliveries.Message, new Envelope(PolicyDeliveries.Sender, $"jane{i}@{domain}"));
            }

            Assert.That(internet.MxHost("mx1." + domain).Sessions, Has.Count.EqualTo(one.Messages * one.SessionsEach), domain);
        }

        await collector.FlushAsync();
        Assert.That((await reporter.RunAsync(now: true)).Sent, Is.Zero, "the day is not over");
        internet.Clock.Advance(Day);
        TlsReportRunResult run = await reporter.RunAsync(now: true);

        Assert.That(run, Is.EqualTo(new TlsReportRunResult(30, 0, 0, 0, null)));
        ReceivedMessage[] mails = [.. internet.MxHost("mx.mailbox.test").Messages];
        Assert.That(mails, Has.Length.EqualTo(15));
        Assert.That(receiver.Requests, Has.Count.EqualTo(15));
        TlsReport[] reports = [.. await Task.WhenAll(mails.Select(internet.ReadMailAsync)), .. await Task.WhenAll(receiver.Requests.Select(Reporters.ReadPostAsync))];
        Assert.That(reports.Select(report => report.ReportId).Distinct().Count(), Is.EqualTo(30));
        foreach (TlsReport report in reports)
        {
            TlsReportPolicy policy = report.Policies.Single();
            Expected one = expected[policy.PolicyDomain!];
            Assert.That(policy.PolicyType, Is.EqualTo(one.PolicyType), policy.PolicyDomain);
            Assert.That((policy.SuccessfulSessions, policy.FailedSessions), Is.EqualTo(one.ResultType is null ? ((long?)one.Messages, (long?)0) : (0, one.Messages)), policy.PolicyDomain);
            Assert.That(policy.FailureDetails.Select(detail => (detail.ResultType, detail.FailedSessions)), Is.EqualTo(one.ResultType is null ? [] : new[] { (one.ResultType, (long?)one.Messages) }), policy.PolicyDomain);
            Assert.That(report.Start, Is.EqualTo(new DateTimeOffset(2026, 1, 15, 0, 0, 0, TimeSpan.Zero)));
            Assert.That(Details(report), Does.Not.Contain("jane").And.Not.Contain(PolicyDeliveries.Sender));
        }

        // A second day without other mail: nothing was counted, nobody is reported to.
        await collector.FlushAsync();
        internet.Clock.Advance(Day);
        Assert.That(await reporter.RunAsync(now: true), Is.EqualTo(new TlsReportRunResult(0, 0, 0, 0, null)));
        Assert.That(internet.MxHost("mx.mailbox.test").Messages, Has.Count.EqualTo(15));
        Assert.That(receiver.Requests, Has.Count.EqualTo(15));
    }

    /// <summary>RPT-62, RPT-63. RFC 8460 §3, §5.4.</summary>
    [TestCase(200, 1)]
    [TestCase(202, 1)]
    [TestCase(299, 1)]
    [TestCase(301, 2)]
    [TestCase(413, 2)]
    [TestCase(500, 2)]
    public async Task Only_2xx_is_delivered_and_a_second_target_is_tried_until_one_takes_it(int status, int tried)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeReportHost first = internet.ReportHost("first.test").Redirect(status, "https://second.test/"), second = internet.ReportHost("second.test");
        await using Line line = await Line.AfterOneSessionAsync(internet, "https://first.test/", "mailto:nobody@", "https://second.test/", "https://third.test/");
        Assert.That((await line.Reporter.RunAsync(now: true)).Sent, Is.EqualTo(1));
        Assert.That(first.Requests.Count + second.Requests.Count, Is.EqualTo(tried));
        Assert.That(second.Requests.Select(request => request.Method), Is.All.EqualTo("POST"), "a redirect is not followed");
        Assert.That((await line.Reporter.RunAsync(now: true)).Sent, Is.Zero, "sent once");
    }

    /// <summary>RPT-27, RPT-33, RPT-64, RPT-28. RFC 8460 §5.5.</summary>
    [Test]
    public async Task What_nobody_takes_is_tried_again_for_a_day_under_the_same_id_and_then_given_up()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeReportHost receiver = internet.ReportHost("reports.test").Status(500);
        await using Line line = await Line.AfterOneSessionAsync(internet, "https://reports.test/");
        int givenUp = 0;
        for (int hour = 0; hour < 40 && givenUp == 0; hour++)
        {
            TlsReportRunResult run = await line.Reporter.RunAsync();
            Assert.That(run.Sent, Is.Zero);
            givenUp += run.GivenUp;
            internet.Clock.Advance(TimeSpan.FromHours(1));
        }

        Assert.That(givenUp, Is.EqualTo(1));
        Assert.That(receiver.Requests, Has.Count.InRange(6, 15));
        Assert.That((await Task.WhenAll(receiver.Requests.Select(Reporters.ReadPostAsync))).Select(report => report.ReportId).Distinct().Count(), Is.EqualTo(1));
        Assert.That(receiver.Requests[^1].Time - receiver.Requests[0].Time, Is.LessThanOrEqualTo(Day));
        receiver.Healthy();
        Assert.That(await line.Reporter.RunAsync(now: true), Is.EqualTo(new TlsReportRunResult(0, 0, 0, 0, null)));
    }

    /// <summary>RPT-27, RPT-33. RFC 8460 §5.5.</summary>
    [Test]
    public async Task A_report_that_a_crash_interrupted_goes_out_with_the_same_id()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.PumpsClock = false;
        FakeReportHost receiver = internet.ReportHost("reports.test").Stall();
        await using Line line = await Line.AfterOneSessionAsync(internet, "https://reports.test/");
        using (var crash = new CancellationTokenSource())
        {
            Task run = line.Reporter.RunAsync(now: true, crash.Token);
            await Patience.UntilAsync(() => receiver.Requests.Count > 0);
            await crash.CancelAsync();
            await Assert.CatchAsync<OperationCanceledException>(() => run);
        }

        receiver.Healthy();
        Assert.That((await line.Reporter.RunAsync()).Sent, Is.Zero, "another program may be at it");
        internet.Clock.Advance(TimeSpan.FromMinutes(31));
        Assert.That((await line.Reporter.RunAsync()).Sent, Is.EqualTo(1));
        Assert.That((await Task.WhenAll(receiver.Requests.Select(Reporters.ReadPostAsync))).Select(report => report.ReportId).Distinct().Count(), Is.EqualTo(1));
        Assert.That((await line.Reporter.RunAsync(now: true)).Sent, Is.Zero);
    }

    /// <summary>RPT-08, RPT-61. RFC 8460 §7.</summary>
    [TestCase("10.0.0.1")]
    [TestCase("127.0.0.1")]
    [TestCase("169.254.169.254")]
    public async Task A_target_inside_the_network_is_not_connected_to(string address)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Dns.Address("inside.test", IPAddress.Parse(address));
        await using Line line = await Line.AfterOneSessionAsync(internet, "https://inside.test:8443/");
        int before = internet.Connections.Count;
        Assert.That((await line.Reporter.RunAsync(now: true)).Failed, Is.EqualTo(1));
        Assert.That(internet.Connections, Has.Count.EqualTo(before));
    }

    /// <summary>RPT-61. A certificate that is not valid for the target ends it: RFC 8460 §3 would let it pass.</summary>
    [Test]
    public async Task A_target_with_a_bad_certificate_gets_nothing()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeReportHost receiver = internet.ReportHost("reports.test").Certificate(c => c.SelfSigned());
        await using Line line = await Line.AfterOneSessionAsync(internet, "https://reports.test/");
        Assert.That((await line.Reporter.RunAsync(now: true)).Failed, Is.EqualTo(1));
        Assert.That(receiver.Requests, Is.Empty);
    }

    [Test]
    public async Task A_target_that_never_answers_costs_no_more_than_the_time_limit()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.ReportHost("reports.test").Stall();
        await using Line line = await Line.AfterOneSessionAsync(internet, "https://reports.test/");
        DateTimeOffset begun = internet.Clock.GetUtcNow();
        Assert.That((await line.Reporter.RunAsync(now: true)).Failed, Is.EqualTo(1));
        Assert.That(internet.Clock.GetUtcNow() - begun, Is.LessThan(TimeSpan.FromMinutes(2)));
    }

    /// <summary>RPT-01, RPT-04, RPT-06. RFC 8460 §3.</summary>
    [TestCase("v=TLSRPTv1;rua=ftp://x.test")]
    [TestCase("v=spf1 -all")]
    [TestCase(null)]
    public async Task Who_asks_for_no_report_gets_none(string? record)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.WantsReports("test", "mailto:parent@mailbox.test");
        await using Line line = await Line.AfterOneSessionAsync(internet);
        if (record is not null)
        {
            internet.Dns.Txt("_smtp._tls.example.test", record);
        }

        Assert.That(await line.Reporter.RunAsync(now: true), Is.EqualTo(new TlsReportRunResult(0, 1, 0, 0, null)));
        Assert.That(await line.Reporter.RunAsync(now: true), Is.EqualTo(new TlsReportRunResult(0, 0, 0, 0, null)));
    }

    /// <summary>RPT-07.</summary>
    [Test]
    public async Task When_DNS_does_not_answer_the_report_waits()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeReportHost receiver = internet.ReportHost("reports.test");
        await using Line line = await Line.AfterOneSessionAsync(internet, "https://reports.test/");
        internet.Dns.ServFail("_smtp._tls.example.test");
        Assert.That((await line.Reporter.RunAsync(now: true)).Failed, Is.EqualTo(1));
        internet.Dns.Healthy("_smtp._tls.example.test");
        internet.Clock.Advance(TimeSpan.FromMinutes(6));
        Assert.That((await line.Reporter.RunAsync()).Sent, Is.EqualTo(1));
        Assert.That(receiver.Requests, Has.Count.EqualTo(1));
    }

    /// <summary>RPT-26. RFC 8460 §4.1.</summary>
    [Test]
    public async Task Reports_spread_over_the_hours_after_midnight()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeReportHost receiver = internet.ReportHost("reports.test");
        await using Line line = await Line.AfterOneSessionAsync(internet, "https://reports.test/");
        Assert.That((await line.Reporter.RunAsync()).Sent, Is.EqualTo(1), "yesterday's");
        DateTimeOffset midnight = new(2026, 1, 17, 0, 0, 0, TimeSpan.Zero);
        DomainName[] domains = [.. Enumerable.Range(0, 100).Select(i => DomainName.Parse($"d{i}.test"))];
        foreach (DomainName domain in domains)
        {
            internet.WantsReports(domain.Value, "https://reports.test/");
        }

        await line.Store.AddAsync(new TlsResultBatch(Guid.NewGuid(), 1, midnight, [.. domains.Select(domain =>
            new TlsResultCounts(new DateOnly(2026, 1, 16), new TlsPolicyKey(TlsPolicyType.NoPolicyFound, domain, ""), new TlsSessionCounts(1, 0), []))]));
        internet.Clock.SetUtcNow(midnight.AddMinutes(4));
        Assert.That((await line.Reporter.RunAsync()).Sent, Is.Zero);
        internet.Clock.SetUtcNow(midnight.AddHours(2));
        int byTwo = (await line.Reporter.RunAsync()).Sent;
        internet.Clock.SetUtcNow(midnight.AddHours(4).AddMinutes(6));
        int byFour = (await line.Reporter.RunAsync()).Sent;
        Assert.That(byTwo, Is.InRange(20, 80));
        Assert.That(byTwo + byFour, Is.EqualTo(100));
        Assert.That(receiver.Requests, Has.Count.EqualTo(101));
    }

    /// <summary>RPT-27. Two programs with one store send each report once.</summary>
    [Test]
    public async Task Two_reporters_with_one_store_send_a_report_once()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeReportHost receiver = internet.ReportHost("reports.test");
        await using Line line = await Line.AfterOneSessionAsync(internet, "https://reports.test/");
        var other = new TlsReporter(line.Deliverer, line.Store, Reporters.Options(internet));
        TlsReportRunResult[] runs = await Task.WhenAll(line.Reporter.RunAsync(now: true), other.RunAsync(now: true));
        Assert.That(runs.Sum(run => run.Sent), Is.EqualTo(1));
        Assert.That(receiver.Requests, Has.Count.EqualTo(1));
    }

    /// <summary>RPT-55. RFC 8460 §3.</summary>
    [Test]
    public async Task Without_a_good_key_nothing_starts_and_the_error_says_what_to_do()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        await using MailDeliverer deliverer = internet.Deliverer();
        TlsReportOptions options = Reporters.Options(internet);
        options.DkimKeys.Clear();
        Assert.That(() => new TlsReporter(deliverer, new MemoryTlsResultStore(), options), Throws.ArgumentException.With.Message.Contains("openssl genrsa"));
        options.DkimKeys.Add(new DkimKey(DomainName.Parse("sender.example"), "s", "no key"));
        Assert.That(() => new TlsReporter(deliverer, new MemoryTlsResultStore(), options), Throws.ArgumentException.With.Message.Contains("no private key"));
        options.DkimKeys[0] = Reporters.Options(internet).DkimKeys[0] with { Domain = DomainName.Parse("other.example") };
        Assert.That(() => new TlsReporter(deliverer, new MemoryTlsResultStore(), options), Throws.ArgumentException.With.Message.Contains("does not belong"));
        Assert.That(new TlsReportOptions().Validate().ToArray(), Has.Length.EqualTo(3));
        Assert.That(options.DkimKeys[0].ToString(), Does.Not.Contain("PRIVATE"));
    }

    /// <summary>RPT-27, RPT-33. RFC 8460 §4.4. What goes out twice under one id is the same twice, and what was counted meanwhile goes out under another.</summary>
    [Test]
    public async Task What_is_counted_after_the_first_try_is_a_report_of_its_own()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeReportHost receiver = internet.ReportHost("reports.test").Status(500);
        await using Line line = await Line.AfterOneSessionAsync(internet, "https://reports.test/");
        Assert.That((await line.Reporter.RunAsync(now: true)).Failed, Is.EqualTo(1));
        await line.AddLateAsync(1);
        receiver.Healthy();
        internet.Clock.Advance(TimeSpan.FromMinutes(6));
        Assert.That((await line.Reporter.RunAsync(now: true)).Sent, Is.EqualTo(2));
        await line.AddLateAsync(2);
        Assert.That((await line.Reporter.RunAsync()).Sent, Is.Zero, "more may come");
        internet.Clock.Advance(TimeSpan.FromHours(5));
        Assert.That((await line.Reporter.RunAsync()).Sent, Is.EqualTo(1));

        TlsReport[] reports = await Task.WhenAll(receiver.Requests.Select(Reporters.ReadPostAsync));
        Assert.That(reports, Has.Length.EqualTo(4));
        Assert.That(reports.GroupBy(report => report.ReportId).Select(same => same.Count()), Is.EquivalentTo([2, 1, 1]));
        foreach (IGrouping<string?, byte[]> same in receiver.Requests.Select((request, i) => (reports[i].ReportId, Body: request.Body.ToArray())).GroupBy(one => one.ReportId, one => one.Body))
        {
            Assert.That(same.Skip(1), Is.All.EqualTo(same.First()));
        }

        Assert.That(reports.DistinctBy(report => report.ReportId).Sum(report => report.Policies.Sum(policy => policy.SuccessfulSessions)), Is.EqualTo(3));
        Assert.That(reports.Select(report => report.Start).Distinct().Count(), Is.EqualTo(1));
    }

    /// <summary>RPT-27, RPT-28. One wrong reading of the clock, far ahead or a day, before or after a first try: every number is still reported.</summary>
    [TestCase(1, false)]
    [TestCase(400, false)]
    [TestCase(400, true)]
    [TestCase(-400, false)]
    public async Task A_clock_that_is_wrong_for_a_while_costs_no_number(int days, bool wasTried)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeReportHost receiver = internet.ReportHost("reports.test").Status(500);
        internet.WantsReports("example.test", "https://reports.test/");
        internet.Enforcing();
        var store = new MemoryTlsResultStore();
        var clock = new SettableClock(internet.Clock);
        await using var collector = new TlsResultCollector(store, clock: internet.Clock);
        var options = new MailDelivererOptions();
        internet.Configure(options);
        options.Pool.KeepsSessions = false;
        await using var deliverer = new MailDeliverer(options, clock, results: collector);
        var reporter = new TlsReporter(deliverer, store, Reporters.Options(internet));
        await deliverer.SendAsync();
        await collector.FlushAsync();
        if (wasTried)
        {
            internet.Clock.Advance(Day);
            await reporter.RunAsync(now: true);
        }

        clock.Error = TimeSpan.FromDays(days);
        await reporter.RunAsync(now: true);
        await reporter.RunAsync();
        clock.Error = TimeSpan.Zero;
        await deliverer.SendAsync();
        await collector.FlushAsync();
        int refused = receiver.Requests.Count;
        receiver.Healthy();
        for (int i = 0; i < 3; i++)
        {
            internet.Clock.Advance(Day);
            await reporter.RunAsync(now: true);
        }

        TlsReport[] taken = await Task.WhenAll(receiver.Requests.Skip(refused).Select(Reporters.ReadPostAsync));
        Assert.That(taken.Sum(report => report.Policies.Sum(policy => policy.SuccessfulSessions)), Is.EqualTo(2));
        Assert.That(await store.FindWaitingAsync(DateOnly.MaxValue), Is.Empty);
    }

    /// <summary>RPT-27. A try ends before somebody else may take the report up, and no target takes the others' time.</summary>
    [Test]
    public async Task Hosts_that_keep_a_report_waiting_do_not_outlast_the_try()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeReportHost receiver = internet.ReportHost("reports.test");
        for (int domain = 0; domain < 6; domain++)
        {
            for (int host = 0; host < 3; host++)
            {
                internet.Domain($"slow{domain}.test").Mx((ushort)(10 * (host + 1)), $"mx{host}.slow{domain}.test");
                internet.MxHost($"mx{host}.slow{domain}.test").On(SmtpPhase.Rcpt, SmtpFault.Delay(TimeSpan.FromMinutes(4)));
            }
        }

        await using Line line = await Line.AfterOneSessionAsync(internet, [.. Enumerable.Range(0, 6).Select(i => $"mailto:r@slow{i}.test"), "https://reports.test/"]);
        DateTimeOffset begun = internet.Clock.GetUtcNow();
        TlsReportRunResult run = await line.Reporter.RunAsync(now: true);
        Assert.That(internet.Clock.GetUtcNow() - begun, Is.LessThan(TimeSpan.FromMinutes(20)));
        Assert.That(run.Sent, Is.EqualTo(1), "the last target has its share of the time");
        Assert.That(receiver.Requests, Has.Count.EqualTo(1));
    }

    /// <summary>A host of reports may drip, or answer without end: it costs no more than the time limit.</summary>
    [TestCase("drips", false)]
    [TestCase("headers", false)]
    [TestCase("body", true)]
    public async Task An_answer_without_end_costs_little(string fault, bool isAccepted)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeReportHost receiver = internet.ReportHost("reports.test");
        (fault switch { "drips" => receiver.Drip(TimeSpan.FromSeconds(10)), "headers" => receiver.HugeHeaders(), _ => receiver.Endless() }).ToString();
        await using Line line = await Line.AfterOneSessionAsync(internet, "https://reports.test/");
        DateTimeOffset begun = internet.Clock.GetUtcNow();
        Assert.That((await line.Reporter.RunAsync(now: true)).Sent, Is.EqualTo(isAccepted ? 1 : 0));
        Assert.That(internet.Clock.GetUtcNow() - begun, Is.LessThan(TimeSpan.FromMinutes(2)));
    }

    /// <summary>RPT-19. RFC 8460 §3. Two domains that report to each other by mail do so once for the one day with mail.</summary>
    [Test]
    public async Task Reports_cause_no_reports()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing("one.test");
        internet.Enforcing("other.test");
        internet.WantsReports("one.test", "mailto:reports@one.test");
        internet.WantsReports("other.test", "mailto:reports@other.test");
        var stores = new Dictionary<string, MemoryTlsResultStore> { ["one.test"] = new(), ["other.test"] = new() };
        await using var fromOne = new TlsResultCollector(stores["one.test"], clock: internet.Clock);
        await using var fromOther = new TlsResultCollector(stores["other.test"], clock: internet.Clock);
        await using MailDeliverer one = internet.Deliverer(results: fromOne);
        await using MailDeliverer other = internet.Deliverer(results: fromOther);
        await one.SendAsync("b@other.test");
        await other.SendAsync("b@one.test");
        TlsReporter[] reporters = [new(one, stores["one.test"], Reporters.Options(internet)), new(other, stores["other.test"], Reporters.Options(internet))];
        var sent = new List<int>();
        for (int day = 0; day < 3; day++)
        {
            await fromOne.FlushAsync();
            await fromOther.FlushAsync();
            internet.Clock.Advance(Day);
            foreach (TlsReporter reporter in reporters)
            {
                sent.Add((await reporter.RunAsync(now: true)).Sent);
            }
        }

        Assert.That(sent, Is.EqualTo([1, 1, 0, 0, 0, 0]));
        Assert.That(internet.MxHost("mx1.one.test").Messages, Has.Count.EqualTo(2));
        Assert.That(internet.MxHost("mx1.other.test").Messages, Has.Count.EqualTo(2));
    }

    /// <summary>RPT-27. A store with a time limit of its own neither ends the reporting nor is taken for a crash.</summary>
    [Test]
    public async Task A_store_that_gives_up_waiting_once_does_not_end_the_reporting()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeReportHost receiver = internet.ReportHost("reports.test");
        await using Line line = await Line.AfterOneSessionAsync(internet, "https://reports.test/");
        var store = new Impatient(line.Store);
        var reporter = new TlsReporter(line.Deliverer, store, Reporters.Options(internet));
        using var stop = new CancellationTokenSource();
        Task forever = reporter.RunForeverAsync(stop.Token);
        // Time stands still while a report is being sent: its look-ups and its connection have time limits.
        await Patience.UntilAsync(() => receiver.Requests.Count > 0 || forever.IsCompleted, () => internet.Clock.Advance(store.IsTried ? TimeSpan.Zero : TimeSpan.FromMinutes(1)));
        Assert.That(receiver.Requests, Has.Count.EqualTo(1));
        await stop.CancelAsync();
        await Assert.CatchAsync<OperationCanceledException>(() => forever);
    }

    private static string Details(TlsReport report) => string.Join('\n', report.Policies.SelectMany(policy => policy.FailureDetails));

    private sealed record Expected(int Messages, string PolicyType, string? ResultType, int SessionsEach);

    /// <summary>A sender that had one good session with example.test yesterday.</summary>
    internal sealed record Line(MailDeliverer Deliverer, MemoryTlsResultStore Store, TlsReporter Reporter) : IAsyncDisposable
    {
        public static async Task<Line> AfterOneSessionAsync(FakeInternet internet, params string[] rua)
        {
            internet.Enforcing();
            if (rua.Length > 0)
            {
                internet.WantsReports("example.test", rua);
            }

            var store = new MemoryTlsResultStore();
            await using var collector = new TlsResultCollector(store, clock: internet.Clock);
            MailDeliverer deliverer = internet.Deliverer(results: collector);
            await deliverer.SendAsync();
            await collector.FlushAsync();
            internet.Clock.Advance(Day);
            return new Line(deliverer, store, new TlsReporter(deliverer, store, Reporters.Options(internet)));
        }

        /// <summary>A session of yesterday that reaches the store only now.</summary>
        public Task<bool> AddLateAsync(int number) => Store.AddAsync(new TlsResultBatch(new Guid(number, 0, 0, new byte[8]), 1, DateTimeOffset.UnixEpoch, [new TlsResultCounts(
            new DateOnly(2026, 1, 15), new TlsPolicyKey(TlsPolicyType.NoPolicyFound, DomainName.Parse("example.test"), ""), new TlsSessionCounts(1, 0), [])]));

        public ValueTask DisposeAsync() => Deliverer.DisposeAsync();
    }

    /// <summary>A store whose every member runs into its own time limit once.</summary>
    private sealed class Impatient(ITlsResultStore inner) : ITlsResultStore
    {
        private readonly HashSet<string> _failed = [];
        private int _attempts;

        /// <summary>Whether a report is being sent: its try is saved, and the end of that is not.</summary>
        public bool IsTried { get; private set; }

        public Task<bool> AddAsync(TlsResultBatch batch, CancellationToken cancellationToken = default) => Once(() => inner.AddAsync(batch, cancellationToken), "add");

        public Task<IReadOnlyList<TlsReportJob>> FindWaitingAsync(DateOnly before, CancellationToken cancellationToken = default) => Once(() => inner.FindWaitingAsync(before, cancellationToken), "find");

        public Task<IReadOnlyList<TlsResultCounts>> ReadAsync(DateOnly day, DomainName domain, int part = 0, CancellationToken cancellationToken = default) =>
            Once(() => inner.ReadAsync(day, domain, part, cancellationToken), "read");

        public Task<bool> SaveAsync(TlsReportJob job, CancellationToken cancellationToken = default)
        {
            (IsTried, _attempts) = (job.Attempts > _attempts, job.Attempts);
            return Once(() => inner.SaveAsync(job, cancellationToken), "save");
        }

        public Task RemoveAsync(DateOnly before, CancellationToken cancellationToken = default) => inner.RemoveAsync(before, cancellationToken);

        private Task<T> Once<T>(Func<Task<T>> call, string member)
        {
            lock (_failed)
            {
                return _failed.Add(member) ? Task.FromException<T>(new TaskCanceledException("The driver's own limit.")) : call();
            }
        }
    }
}
