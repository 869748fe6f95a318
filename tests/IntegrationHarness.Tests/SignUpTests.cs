using System.Text;
using Microsoft.Extensions.DependencyInjection;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace IntegrationHarness.Tests;

/// <summary>The application as it is, put together by its own <see cref="SignUpServices"/>, on an internet of the test's own.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class SignUpTests
{
    private const string Jane = "jane@example.test";
    private const string Mx = "mx1.example.test";
    private FakeInternet _internet = null!;
    private ServiceProvider _services = null!;

    private SignUpMailer Mailer => _services.GetRequiredService<SignUpMailer>();

    [SetUp]
    public async Task StartAsync()
    {
        _internet = await FakeInternet.StartAsync();
        _internet.Domain("example.test").Mx(10, Mx).Policy(PolicyMode.Enforce, Mx);
        _services = new ServiceCollection().AddSingleton<TimeProvider>(_internet.Clock).AddSignUp(_internet.Configure).BuildServiceProvider();
    }

    [TearDown]
    public async Task EndAsync()
    {
        await _services.DisposeAsync();
        await _internet.DisposeAsync();
    }

    [Test]
    public async Task The_link_arrives_over_verified_TLS()
    {
        Assert.That(await Mailer.SignUpAsync(Jane, "4711"), Is.EqualTo(SignUpState.CheckYourMailbox));

        _internet.Verify.NoMailInClear().Messages(1);
        Assert.That(Encoding.UTF8.GetString(_internet.Messages[0].Content.Span), Does.Contain("https://shop.example/confirm/4711\r\n"));
    }

    [Test]
    public async Task The_link_is_not_told_to_a_server_with_a_certificate_for_another_name_and_waits_until_that_is_mended()
    {
        FakeMxHost mx = _internet.MxHost(Mx).Certificate(c => c.Names("other.test"));
        Assert.That(await Mailer.SignUpAsync(Jane, "4711"), Is.EqualTo(SignUpState.HaveSomePatience));
        _internet.Verify.NoMailTo(Mx);

        mx.Healthy();
        await RetryAfterAsync(TimeSpan.FromMinutes(30));

        Assert.That(Mailer.WaitingCount, Is.Zero);
        _internet.Verify.Messages(1).NoMailInClear();
    }

    [Test]
    public async Task The_link_is_not_told_to_a_server_without_TLS()
    {
        _internet.MxHost(Mx).NoStartTls();
        Assert.That(await Mailer.SignUpAsync(Jane, "4711"), Is.EqualTo(SignUpState.HaveSomePatience));
        _internet.Verify.NoMailTo(Mx);
    }

    [Test]
    public async Task Who_mistypes_an_address_is_told_so()
    {
        _internet.MxHost(Mx).OnRecipient(Jane, SmtpFault.Reply("550 5.1.1 no such user"));
        Assert.That(await Mailer.SignUpAsync(Jane, "4711"), Is.EqualTo(SignUpState.CorrectTheAddress));
        Assert.That(await Mailer.SignUpAsync("jane@exmaple.test", "4711"), Is.EqualTo(SignUpState.CorrectTheAddress));
        Assert.That(Mailer.WaitingCount, Is.Zero);
    }

    [Test]
    public async Task A_greylisted_mail_is_tried_again_after_half_an_hour_and_not_before()
    {
        _internet.MxHost(Mx).On(SmtpPhase.Rcpt, SmtpFault.Reply("451 4.7.1 greylisted").Times(1));
        Assert.That(await Mailer.SignUpAsync(Jane, "4711"), Is.EqualTo(SignUpState.HaveSomePatience));

        await RetryAfterAsync(TimeSpan.FromMinutes(29));
        _internet.Verify.Messages(0).Sessions(Mx, 1);

        await RetryAfterAsync(TimeSpan.FromMinutes(1));
        _internet.Verify.Messages(1).Sessions(Mx, 2);
    }

    [Test]
    public async Task After_a_day_a_mail_is_given_up_as_its_link_is_of_no_use_any_more()
    {
        _internet.MxHost(Mx).Down();
        await Mailer.SignUpAsync(Jane, "4711");
        await RetryAfterAsync(TimeSpan.FromDays(1));
        Assert.That(Mailer.WaitingCount, Is.Zero);
        _internet.Verify.Messages(0);
    }

    private Task RetryAfterAsync(TimeSpan time)
    {
        _internet.Clock.Advance(time);
        return Mailer.RetryDueAsync();
    }
}
