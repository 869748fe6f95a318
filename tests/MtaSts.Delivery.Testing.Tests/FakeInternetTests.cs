using System.Net;
using System.Net.Sockets;
using MtaSts.Delivery.Policies;
using NUnit.Framework;

namespace MtaSts.Delivery.Testing.Tests;

internal sealed class FakeInternetTests : InternetFixture
{
    [Test]
    public void A_domain_is_one_line()
    {
        FakeDomain domain = Internet.Domain("Example.test.").Mx(10, "mx1.example.test").Mx(20, "mx2.example.test").Policy(PolicyMode.Enforce, "*.example.test");

        Assert.That(Internet.Domain("example.test"), Is.SameAs(domain));
        Assert.That(Internet.MxHost("MX1.example.test").Addresses, Has.Count.EqualTo(1));
        Assert.That(Internet.MxHost("mx1.example.test").Addresses, Is.Not.EqualTo(Internet.MxHost("mx2.example.test").Addresses));
        Assert.That(domain.PolicyHost.Name, Is.EqualTo("mta-sts.example.test"));
    }

    [Test]
    public void An_mx_host_takes_the_addresses_that_dns_has_for_it()
    {
        Internet.Dns.Address("mx.private.test", IPAddress.Parse("10.0.0.1"), IPAddress.IPv6Loopback);
        Internet.Domain("private.test").Mx(10, "mx.private.test");

        Assert.That(Internet.MxHost("mx.private.test").Addresses, Is.EqualTo(new[] { IPAddress.Parse("10.0.0.1"), IPAddress.IPv6Loopback }));
    }

    [Test]
    public async Task A_mapped_address_is_the_same_as_the_ipv4_address_in_it()
    {
        FakeMxHost mx = Internet.MxHost("mx.private.test").Address(IPAddress.Parse("::ffff:10.0.0.1"));

        Assert.That(await TryConnectAsync(IPAddress.Parse("10.0.0.1")), Is.Null);
        Assert.That(mx.Addresses, Has.Count.EqualTo(1));
    }

    [Test]
    public void Implicit_and_null_mx_are_one_word()
    {
        Internet.Domain("implicit.test").Host();
        Internet.Domain("null.test").NullMx();

        Assert.That(Internet.MxHost("implicit.test").Name, Is.EqualTo("implicit.test"));
        Assert.That(Internet.Connections, Is.Empty);
    }

    [Test]
    public void Misuse_is_explained_at_once()
    {
        FakeMxHost mx = Internet.MxHost("mx1.example.test");
        Internet.Dns.Cname("alias.example.test", "mx1.example.test");
        Internet.Domain("example.test").Mx(10, "alias.example.test");

        Assert.That(() => Internet.MxHost("alias.example.test"), Throws.InvalidOperationException.With.Message.Contains("alias"));
        Assert.That(() => Internet.MxHost("mx2.example.test").Address(mx.Addresses[0]), Throws.InvalidOperationException.With.Message.Contains("mx1.example.test"));
        Assert.That(() => mx.AddAddress(behaviour: there => there.IPv6()), Throws.InvalidOperationException);
    }

    [Test]
    public void Addresses_do_not_run_out_soon_and_are_never_given_twice()
    {
        IPAddress[] addresses = [.. Enumerable.Range(0, 2000).Select(i => Internet.MxHost($"mx{i}.test").Addresses[0])];

        Assert.That(addresses.Distinct().Count(), Is.EqualTo(2000));
        Assert.That(addresses[0], Is.EqualTo(IPAddress.Parse("192.0.2.1")));
    }

    [Test]
    public async Task A_domain_is_there_at_once()
    {
        for (int i = 0; i < 20; i++)
        {
            string domain = $"d{i}.test";
            Internet.Domain(domain).Mx(10, $"mx.{domain}").Policy(PolicyMode.Enforce, $"mx.{domain}");
            await using SmtpTestClient client = await ConnectAsync(Internet.MxHost($"mx.{domain}"));
            Assert.That(await client.SecureHelloAsync($"mx.{domain}"), Does.StartWith("250"));
        }
    }

    [Test]
    public async Task Two_internets_do_not_know_each_other()
    {
        await using FakeInternet other = await FakeInternet.StartAsync();
        FakeMxHost here = Internet.MxHost("mx1.example.test");
        FakeMxHost there = other.MxHost("mx1.example.test").NoStartTls();

        await using SmtpTestClient client = await ConnectAsync(here);
        Assert.That(await client.HelloAsync(), Does.Contain("STARTTLS"));
        Assert.That(there.Addresses, Is.EqualTo(here.Addresses));
        Assert.That(there.Sessions, Is.Empty);
        other.Clock.Advance(TimeSpan.FromDays(1));
        Assert.That(Internet.Clock.GetUtcNow(), Is.EqualTo(new DateTimeOffset(2026, 1, 15, 12, 0, 0, TimeSpan.Zero)));
    }

    [Test]
    public async Task Disposal_ends_everything()
    {
        FakeInternet shortLived = await FakeInternet.StartAsync();
        FakeMxHost stalling = shortLived.MxHost("mx1.example.test").On(SmtpPhase.Greeting, SmtpFault.Stall);
        FakeMxHost idle = shortLived.MxHost("mx2.example.test");
        IPEndPoint listening = shortLived.Map(new IPEndPoint(idle.Addresses[0], 25));
        await using SmtpTestClient first = await SmtpTestClient.ConnectAsync(shortLived, stalling.Addresses[0], Limit);
        await using SmtpTestClient second = await SmtpTestClient.ConnectAsync(shortLived, idle.Addresses[0], Limit);
        await second.HelloAsync();
        shortLived.PumpsClock = false;

        await shortLived.DisposeAsync();

        Assert.That(await second.ReadReplyAsync().ContinueWith(read => read.IsFaulted || read.Result.Length == 0, TaskScheduler.Default), Is.True);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        SocketException refused = (await Assert.ThrowsAsync<SocketException>(async () => await socket.ConnectAsync(listening, Limit)))!;
        Assert.That(refused.SocketErrorCode, Is.EqualTo(SocketError.ConnectionRefused));
        Assert.That(idle.Sessions.All(session => session.HasEnded), Is.True);
        await shortLived.DisposeAsync();
    }

    [Test]
    public async Task What_a_test_function_throws_comes_out_at_disposal()
    {
        FakeInternet broken = await FakeInternet.StartAsync();
        var asked = new TaskCompletionSource();
        broken.Dns.Custom("example.test", DnsRecordType.A, _ =>
        {
            asked.SetResult();
            throw new NotSupportedException("by the test");
        });
        using var udp = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        await udp.SendAsync(new byte[] { 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 7, 101, 120, 97, 109, 112, 108, 101, 4, 116, 101, 115, 116, 0, 0, 1, 0, 1 }, broken.Dns.EndPoint, Limit);
        await asked.Task.WaitAsync(Limit);

        AggregateException thrown = (await Assert.ThrowsAsync<AggregateException>(async () => await broken.DisposeAsync()))!;
        Assert.That(thrown.InnerException!.Message, Is.EqualTo("by the test"));
    }
}
