using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using MtaSts.Delivery.Testing;
using NUnit.Framework;
using SmtpPhase = MtaSts.Delivery.Testing.SmtpPhase;

namespace MtaSts.Delivery.Queue.Tests;

/// <summary>A process that takes and delivers mail, and is killed at random moments: ten, or three where there are few messages. MTASTS_QUEUE_MESSAGES says how many messages at least (200 unless set),
/// MTASTS_QUEUE_SEED makes a run again, MTASTS_QUEUE_DIRECTORY holds the file (a disk that is too small, for example).</summary>
/// <remarks>The process has one delivery at a time under way to each domain, and gets the next when the last is written down. So what the MX host saw tells whether a
/// message may come again: only where nothing came from the client after the host had accepted it, so that the final reply was lost with the process.</remarks>
public sealed partial class KillTests
{
    private const int Many = 1000;
    private const int Gap = 100;
    private const int FewPages = 60;
    private const int MoreThanFits = 1_000_000;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(20);

    private readonly HashSet<int> _taken = [];
    private int _refusals;
    private int _refused;
    private int _left = -1;
    private bool _isAll;

    /// <summary>Every message that was acknowledged is accepted by an MX host or bounced; one comes twice only where a transcript shows that the final reply was lost.</summary>
    [Test]
    [NonParallelizable]
    public Task What_was_acknowledged_is_delivered_or_bounced_whenever_the_process_is_killed() => KillAsync(diskIsFull: false);

    [Test]
    [NonParallelizable]
    public Task What_was_acknowledged_is_delivered_or_bounced_whenever_the_process_is_killed_and_the_disk_is_full() => KillAsync(diskIsFull: true);

    private async Task KillAsync(bool diskIsFull)
    {
        int total = int.Parse(Environment.GetEnvironmentVariable("MTASTS_QUEUE_MESSAGES") ?? "200", CultureInfo.InvariantCulture);
        int seed = int.Parse(Environment.GetEnvironmentVariable("MTASTS_QUEUE_SEED") ?? Random.Shared.Next(1_000_000).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        TestContext.Out.WriteLine($"seed {seed}");
        int wanted = total >= Many ? 10 : 2;
        var random = new Random(seed);
        (_refusals, _refused, _left, _isAll) = (0, 0, -1, false);
        _taken.Clear();
        using var file = new TemporaryFile();
        // A file there stays for whoever wants to look.
        string path = Environment.GetEnvironmentVariable("MTASTS_QUEUE_DIRECTORY") is { } directory ? Path.Combine(directory, $"queue-{seed}-{diskIsFull}.db") : file.Path;
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.PumpsClock = false;
        // A destination that fails again and again is left alone for hours.
        FakeMxHost[] hosts = Build(internet, mostTimes: total >= Many ? int.MaxValue : 2);
        string where = file.Path + ".internet";
        await File.WriteAllLinesAsync(where, Describe(internet, hosts));

        long started = Stopwatch.GetTimestamp();
        int kills = 0, next = Gap - 1;
        // Taken and delivered, each message counts twice.
        int[] marks = [.. Enumerable.Range(1, wanted).Select(i => (int)((i - random.NextDouble()) * 2 * total / (wanted + 1)))];
        while (true)
        {
            bool isShort = diskIsFull && kills < wanted && kills % 2 == 1;
            // One that is to meet a full disk is given mail until it has.
            int count = isShort ? MoreThanFits : Math.Max(total - _taken.Count, 0);
            using Process victim = VictimProcess.Start("victim", path, where, $"{next}", $"{count}", isShort ? $"{FewPages}" : "-");
            Task reading = ReadAsync(victim);
            while (!(_isAll && _left == 0) && Stopwatch.GetElapsedTime(started) < Limit)
            {
                int progress;
                lock (_taken)
                {
                    progress = _taken.Count;
                }

                progress += hosts.Sum(host => host.Messages.Count);
                // A full disk, too, is a moment to be killed at; a process that is to meet one lives until it has.
                if (kills < wanted && (isShort ? _refusals > 30 || (_refusals > 0 && progress >= marks[kills]) : progress >= marks[kills]))
                {
                    break;
                }

                Assert.That(victim.HasExited, Is.False, "the process ended by itself");
                await Task.Delay(random.Next(1, 20));
            }

            victim.Kill();
            await victim.WaitForExitAsync();
            await reading;
            if (kills == wanted || Stopwatch.GetElapsedTime(started) >= Limit)
            {
                break;
            }

            kills++;
            (_refusals, _left, _isAll) = (0, -1, false);
            // Each begins with a message that is never taken, and so bounces.
            next = (((_taken.Count == 0 ? next : Math.Max(next, _taken.Max())) / Gap) + 2) * Gap - 1;
        }

        await JudgeAsync(internet, hosts, total, (kills, wanted), Stopwatch.GetElapsedTime(started));
        if (Environment.GetEnvironmentVariable("MTASTS_QUEUE_DIRECTORY") is null)
        {
            Assert.That(_refused, diskIsFull ? Is.Positive : Is.Zero);
        }
    }

    private async Task JudgeAsync(FakeInternet internet, FakeMxHost[] hosts, int total, (int Done, int Wanted) kills, TimeSpan elapsed)
    {
        FakeMxHost sender = internet.MxHost("mx.sender.example");
        // A host notices the end of a session a little later than the process met its own.
        await Task.WhenAll(hosts.Append(sender).SelectMany(host => host.Sessions).Select(session => session.WaitForEndAsync())).WaitAsync(TimeSpan.FromSeconds(30));
        ILookup<int, ReceivedMessage> accepted = hosts.SelectMany(host => host.Messages).ToLookup(Number);
        ILookup<int, ReceivedMessage> bounced = sender.Messages.SelectMany(notice => Bounced(notice).Select(number => (Number: number, Notice: notice))).ToLookup(one => one.Number, one => one.Notice);
        HashSet<ReceivedMessage> lost = [.. hosts.Append(sender).SelectMany(host => host.Messages.GroupBy(message => message.Session)).Select(session => session.Last()).Where(IsReplyLost)];
        int[] missing = [.. _taken.Where(number => !accepted.Contains(number) && !bounced.Contains(number))];
        IGrouping<int, ReceivedMessage>[] twice = [.. accepted.Where(one => one.Count() > 1)], bouncedTwice = [.. bounced.Where(one => one.Count() > 1)];
        TestContext.Out.WriteLine(
            $"{_taken.Count} acknowledged, {_refused} refused, {kills.Done} kills, {lost.Count} final replies lost or not followed by anything, {accepted.Count} accepted, {bounced.Count} bounced, {missing.Length} missing, {twice.Length} accepted twice, {bouncedTwice.Length} bounced twice, {elapsed.TotalSeconds:F0} s");
        Assert.Multiple(() =>
        {
            Assert.That(kills.Done, Is.EqualTo(kills.Wanted));
            Assert.That(_taken, Has.Count.GreaterThanOrEqualTo(total));
            Assert.That(_isAll && _left == 0, Is.True, "the queue is empty at the end");
            Assert.That(missing, Is.Empty);
            // All but the last acceptance: whoever heard the reply, and wrote it down, had no reason to come again.
            Assert.That(twice.Concat(bouncedTwice).SelectMany(one => one.SkipLast(1)).Where(message => !lost.Contains(message)).Select(Describe), Is.Empty, "came again although the final reply was not lost");
            Assert.That(bounced.Select(one => one.Key).Where(number => number % 100 != 99), Is.Empty, "bounced without need");
            Assert.That(bounced, Is.Not.Empty);
        });
    }

    /// <summary>Whether the last message of a session was the last thing that came from the client: neither another command nor QUIT.</summary>
    /// <remarks>RSET is no sign of it: it comes in one flight with the message.</remarks>
    private static bool IsReplyLost(ReceivedMessage message)
    {
        IEnumerable<string> said = message.Session.Lines.Where(line => line.Direction == SmtpDirection.Client).Select(line => line.Text).Reverse();
        return said.SkipWhile(text => text == "RSET").First().StartsWith('(') && said.TakeWhile(text => text == "RSET").Count() <= 1;
    }

    private static string Describe(ReceivedMessage message) => $"{string.Join(' ', message.Recipients)} at {message.Host}:\n{message.Session}";

    /// <summary>Twenty domains, each with its own trouble, one that takes nothing, and the sender's.</summary>
    private static FakeMxHost[] Build(FakeInternet internet, int mostTimes)
    {
        internet.Domain("dead.test").Mx(10, "mx.dead.test");
        internet.MxHost("mx.dead.test").On(SmtpPhase.Rcpt, SmtpFault.Reply("451 4.3.0 Later"));
        internet.Domain("sender.example").Mx(10, "mx.sender.example");
        internet.MxHost("mx.sender.example");
        return [.. Enumerable.Range(0, 20).Select(i =>
        {
            internet.Domain($"d{i}.test").Mx(10, $"mx.d{i}.test");
            FakeMxHost mx = internet.MxHost($"mx.d{i}.test");
            return i switch
            {
                10 => mx.On(SmtpPhase.Rcpt, SmtpFault.Reply("450 4.2.0 Greylisted").Times(Math.Min(8, mostTimes))),
                11 => mx.On(SmtpPhase.FinalDot, SmtpFault.Drop.After(5).Times(Math.Min(3, mostTimes))),
                12 => mx.On(SmtpPhase.FinalDot, SmtpFault.Reset.After(9).Times(2)),
                13 => mx.On(SmtpPhase.Data, SmtpFault.Reply("451 4.3.0 Local error").After(3).Times(Math.Min(4, mostTimes))),
                14 => mx.On(SmtpPhase.Greeting, SmtpFault.Reply("421 4.3.2 Closing").After(2).Times(Math.Min(3, mostTimes))),
                15 => mx.On(SmtpPhase.Mail, SmtpFault.Drop.After(4).Times(Math.Min(3, mostTimes))),
                16 => mx.On(SmtpPhase.Content, SmtpFault.Reset.After(4).Times(2)),
                17 => mx.NoStartTls(),
                _ => mx,
            };
        })];
    }

    private static IEnumerable<string> Describe(FakeInternet internet, FakeMxHost[] hosts) =>
    [
        internet.Clock.GetUtcNow().ToString("O", CultureInfo.InvariantCulture), TimeProvider.System.GetUtcNow().ToString("O", CultureInfo.InvariantCulture), internet.Dns.EndPoint.ToString(),
        Convert.ToBase64String(internet.Authority.Root.RawData),
        .. hosts.Append(internet.MxHost("mx.dead.test")).Append(internet.MxHost("mx.sender.example")).SelectMany(host => host.Addresses).Select(address => new IPEndPoint(address, 25)).Select(at => $"{at} {internet.Map(at)}"),
    ];

    private async Task ReadAsync(Process victim)
    {
        while (await victim.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("taken ", StringComparison.Ordinal))
            {
                lock (_taken)
                {
                    _taken.Add(int.Parse(line[6..], CultureInfo.InvariantCulture));
                }
            }
            else if (line.StartsWith("left ", StringComparison.Ordinal))
            {
                _left = int.Parse(line[5..], CultureInfo.InvariantCulture);
            }
            else if (line == "all")
            {
                _isAll = true;
            }
            else if (line.StartsWith("refused ", StringComparison.Ordinal))
            {
                _refusals++;
                _refused++;
            }
        }
    }

    private static int Number(ReceivedMessage message) => int.Parse(Mailbox().Match(message.Recipients[0]).Groups[1].Value, CultureInfo.InvariantCulture);

    private static HashSet<int> Bounced(ReceivedMessage notice) => Named(notice.Content.Span);

    private static HashSet<int> Named(ReadOnlySpan<byte> notice) => [.. Mailbox().Matches(Encoding.UTF8.GetString(notice)).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];

    [GeneratedRegex(@"\br(\d+)@d(?:ead|\d+)\.test")]
    private static partial Regex Mailbox();
}
