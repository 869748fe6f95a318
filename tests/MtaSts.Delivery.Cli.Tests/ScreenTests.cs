using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using MtaSts.Delivery.Tests;
using NUnit.Framework;

namespace MtaSts.Delivery.Cli.Tests;

/// <summary>The screens that the documents show are what the tool prints.</summary>
public sealed class ScreenTests
{
    private const string Before = "<!-- These screens are written by ScreenTests: run it with MTASTS_UPDATE_DOCS=1. -->\n\n```\n";
    private const string After = "```\n";

    [Test]
    public async Task The_screens_of_the_documents_are_real()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("good.test").Mx(10, "mx1.good.test").Mx(20, "mx2.good.test").Policy(PolicyMode.Enforce, "*.good.test").PolicyId("20260115");
        internet.Dns.Txt("_smtp._tls.good.test", "v=TLSRPTv1; rua=mailto:tls@reports.test");
        internet.Domain("bad.test").Mx(10, "mx1.bad.test").Mx(20, "backup.provider.test").MaxAge(3600).Policy(PolicyMode.Enforce, "*.bad.test").PolicyId("20260115");
        internet.MxHost("mx1.bad.test").Certificate(c => c.Names("mail.provider.test"));
        string screens = Screen("good.test", await Ran.InAsync(internet, "check", "good.test")) + "\n" + Screen("bad.test", await Ran.InAsync(internet, "check", "bad.test"));
        foreach (string document in (string[])[Repository.PathTo("README.md"), Repository.PathTo("docs", "cli.md")])
        {
            string text = await File.ReadAllTextAsync(document);
            int start = text.IndexOf(Before, StringComparison.Ordinal) + Before.Length, end = text.IndexOf(After, start, StringComparison.Ordinal);
            if (Environment.GetEnvironmentVariable("MTASTS_UPDATE_DOCS") == "1")
            {
                text = text[..start] + screens + text[end..];
                await File.WriteAllTextAsync(document, text);
                end = start + screens.Length;
            }

            Assert.That(text[start..end], Is.EqualTo(screens), $"{document}: run the tests with MTASTS_UPDATE_DOCS=1");
        }
    }

    private static string Screen(string domain, Ran ran) => $"$ mta-sts check {domain}\n{ran.Out.TrimEnd()}\n";
}
