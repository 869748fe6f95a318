using System.Net;
using MtaSts.Delivery.Network;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Network;

public sealed class AddressRulesTests
{
    /// <summary>STS-087, MX-10. RFC 6890.</summary>
    [TestCase("127.0.0.1")]
    [TestCase("127.255.255.255")]
    [TestCase("10.0.0.1")]
    [TestCase("10.255.255.255")]
    [TestCase("172.16.0.1")]
    [TestCase("172.31.255.255")]
    [TestCase("192.168.0.1")]
    [TestCase("169.254.169.254")]
    [TestCase("100.64.0.1")]
    [TestCase("100.127.255.255")]
    [TestCase("0.0.0.0")]
    [TestCase("0.0.0.1")]
    [TestCase("192.0.0.1")]
    [TestCase("198.18.0.1")]
    [TestCase("224.0.0.1")]
    [TestCase("255.255.255.255")]
    [TestCase("::")]
    [TestCase("::1")]
    [TestCase("fe80::1")]
    [TestCase("febf::1")]
    [TestCase("fec0::1")]
    [TestCase("fc00::1")]
    [TestCase("fd12:3456::1")]
    [TestCase("ff02::1")]
    [TestCase("::ffff:10.0.0.1")]
    [TestCase("::ffff:127.0.0.1")]
    [TestCase("::10.0.0.1")]
    [TestCase("64:ff9b::10.0.0.1")]
    [TestCase("64:ff9b:1::8.8.8.8")]
    [TestCase("2002:a00:1::")]
    [TestCase("2002:7f00:1::1")]
    [TestCase("fe80::1%1")]
    public void Loopback_private_and_reserved_addresses_are_not_public(string address) =>
        Assert.That(AddressRules.IsPublic(IPAddress.Parse(address)), Is.False);

    [TestCase("8.8.8.8")]
    [TestCase("9.255.255.255")]
    [TestCase("11.0.0.0")]
    [TestCase("100.63.255.255")]
    [TestCase("100.128.0.0")]
    [TestCase("126.255.255.255")]
    [TestCase("128.0.0.1")]
    [TestCase("172.15.255.255")]
    [TestCase("172.32.0.0")]
    [TestCase("192.167.255.255")]
    [TestCase("192.169.0.0")]
    [TestCase("223.255.255.255")]
    [TestCase("192.0.2.1")]
    [TestCase("2001:db8::1")]
    [TestCase("2606:4700::1111")]
    [TestCase("::ffff:8.8.8.8")]
    [TestCase("64:ff9b::8.8.8.8")]
    [TestCase("2002:808:808::1")]
    public void Their_neighbours_are(string address) => Assert.That(AddressRules.IsPublic(IPAddress.Parse(address)), Is.True);
}
