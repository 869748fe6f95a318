using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using MtaSts.Delivery.Sqlite;
using NUnit.Framework;

namespace MtaSts.Delivery.Queue.Tests;

/// <summary>Keeps the documents complete.</summary>
public sealed class DocumentTests
{
    private static IEnumerable<string> Options() => typeof(QueueOptions).GetProperties().Select(property => "Queue." + property.Name);

    [TestCaseSource(nameof(Options))]
    public void Every_option_is_described(string option) => Assert.That(Repository.Text("docs", "options.md"), Does.Contain($"`{option}`"));

    [Test]
    public void Every_log_message_is_described_and_nothing_else()
    {
        IEnumerable<int> used = ((Type[])[typeof(MailDeliverer), typeof(MailQueue), typeof(SqliteQueueStore)]).SelectMany(type => type.Assembly.GetTypes())
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>()).OfType<LoggerMessageAttribute>().Select(message => message.EventId);
        // A row tells of one message, of some ("9, 10"), or of all from one to another ("101 to 105").
        IEnumerable<int> described = Regex.Matches(Repository.Text("docs", "telemetry.md"), @"^\| (\d[\d, to]*) \|", RegexOptions.Multiline).Select(row => row.Groups[1].Value)
            .SelectMany(ids => ids.Split(" to ") is [var first, var last] ? Enumerable.Range(Number(first), Number(last) - Number(first) + 1) : ids.Split(", ").Select(Number));
        Assert.That(described, Is.EquivalentTo(used));
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
