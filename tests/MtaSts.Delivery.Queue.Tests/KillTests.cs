using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Sqlite;
using MtaSts.Delivery.Testing;
using NUnit.Framework;
using SmtpPhase = MtaSts.Delivery.Testing.SmtpPhase;

namespace MtaSts.Delivery.Queue.Tests;

/// <summary>A process that takes and delivers mail, and is killed at random moments. MTASTS_QUEUE_MESSAGES says how many messages (2,000 unless set),
/// MTASTS_QUEUE_SEED makes a run again, MTASTS_QUEUE_DIRECTORY holds the file (a disk that is too small, for example).</summary>
public sealed partial class KillTests
{
    private const int Kills = 12;
    private const int Gap = 100;
    private const int FewPages = 60;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(20);

    private readonly HashSet<int> _taken = [];
    private readonly HashSet<int> _inFlight = [];
    private int _refusals;
    private int _refused;
    private int _left = -1;
    private bool _isAll;

    /// <summary>Every message that was acknowledged is accepted by an MX host or bounced; one comes twice only if it was under way when the process was killed, so that the server's answer was lost.</summary>
    [TestCase(false)]
    [TestCase(true)]
    [NonParallelizable]
    public async Task What_was_acknowledged_is_delivered_or_bounced_whenever_the_process_is_killed(bool diskIsFull)
    {
        int total = int.Parse(Environment.GetEnvironmentVariable("MTASTS_QUEUE_MESSAGES") ?? "2000", CultureInfo.InvariantCulture);
        int seed = int.Parse(Environment.GetEnvironmentVariable("MTASTS_QUEUE_SEED") ?? Random.Shared.Next(1_000_000).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        (_refusals, _refused, _left, _isAll) = (0, 0, -1, false);
        _taken.Clear();
        _inFlight.Clear();
        using var file = new TemporaryFile();
        // A file there stays for whoever wants to look.
        string path = Environment.GetEnvironmentVariable("MTASTS_QUEUE_DIRECTORY") is { } directory ? Path.Combine(directory, $"queue-{seed}-{diskIsFull}.db") : file.Path;
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.PumpsClock = false;
        FakeMxHost[] hosts = Build(internet);
        string where = file.Path + ".internet";
        await File.WriteAllLinesAsync(where, Describe(internet, hosts));

        long started = Stopwatch.GetTimestamp();
        int kills = 0, killed = 0, next = 0;
        // Taken and delivered, each message counts twice.
        int[] marks = [.. Enumerable.Range(1, Kills).Select(i => (int)((i - random.NextDouble()) * 2 * total / (Kills + 1)))];
        while (true)
        {
            bool isShort = diskIsFull && kills is > 0 and < Kills && kills % 2 == 1;
            using Process victim = Start(path, where, next, Math.Max(total - _taken.Count, 0), isShort ? FewPages : null);
            Task reading = ReadAsync(victim);
            while (!(_isAll && _left == 0) && Stopwatch.GetElapsedTime(started) < Limit)
            {
                int progress;
                lock (_taken)
                {
                    progress = _taken.Count;
                }

                progress += hosts.Sum(host => host.Messages.Count);
                // A full disk, too, is a moment to be killed at.
                if (kills < Kills && (progress >= marks[kills] || (isShort && _refusals > 30)))
                {
                    break;
                }

                Assert.That(victim.HasExited, Is.False, "the process ended by itself");
                await Task.Delay(random.Next(1, 20));
            }

            victim.Kill();
            await victim.WaitForExitAsync();
            await reading;
            if (kills >= Kills || Stopwatch.GetElapsedTime(started) >= Limit)
            {
                break;
            }

            kills++;
            killed = await NoteInFlightAsync(path) + killed;
            (_refusals, _left, _isAll) = (0, -1, false);
            next = (_taken.Count == 0 ? next : Math.Max(next, _taken.Max())) + Gap;
        }

        Judge(internet, hosts, total, kills, killed, Stopwatch.GetElapsedTime(started));
        if (Environment.GetEnvironmentVariable("MTASTS_QUEUE_DIRECTORY") is null)
        {
            Assert.That(_refused, diskIsFull ? Is.Positive : Is.Zero);
        }
    }

    private void Judge(FakeInternet internet, FakeMxHost[] hosts, int total, int kills, int killed, TimeSpan elapsed)
    {
        Dictionary<int, int> accepted = hosts.SelectMany(host => host.Messages).Select(message => Number(message)).CountBy(number => number).ToDictionary();
        Dictionary<int, int> bounced = internet.MxHost("mx.sender.example").Messages.SelectMany(Bounced).CountBy(number => number).ToDictionary();
        int[] missing = [.. _taken.Where(number => !accepted.ContainsKey(number) && !bounced.ContainsKey(number))];
        int[] twice = [.. accepted.Where(one => one.Value > 1).Select(one => one.Key)];
        int[] bouncedTwice = [.. bounced.Where(one => one.Value > 1).Select(one => one.Key)];
        TestContext.Out.WriteLine(
            $"{_taken.Count} acknowledged, {_refused} refused, {kills} kills, {killed} under way when killed, {accepted.Count} accepted, {bounced.Count} bounced, {missing.Length} missing, {twice.Length} accepted twice, {bouncedTwice.Length} bounced twice, {elapsed.TotalSeconds:F0} s");
        Assert.Multiple(() =>
        {
            Assert.That(kills, Is.EqualTo(Kills));
            Assert.That(_taken, Has.Count.GreaterThanOrEqualTo(total));
            Assert.That(_isAll && _left == 0, Is.True, "the queue is empty at the end");
            Assert.That(missing, Is.Empty);
            Assert.That(twice.Except(_inFlight), Is.Empty, "accepted twice, and not under way when the process was killed");
            Assert.That(bouncedTwice.Except(_inFlight), Is.Empty, "bounced twice, and the notice was not under way when the process was killed");
            Assert.That(bounced.Keys.Where(number => number % 100 != 99), Is.Empty, "bounced without need");
            Assert.That(bounced, Is.Not.Empty);
        });
    }

    /// <summary>Twenty domains, each with its own trouble, one that takes nothing, and the sender's.</summary>
    private static FakeMxHost[] Build(FakeInternet internet)
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
                10 => mx.On(SmtpPhase.Rcpt, SmtpFault.Reply("450 4.2.0 Greylisted").Times(8)),
                11 => mx.On(SmtpPhase.FinalDot, SmtpFault.Drop.After(5).Times(3)),
                12 => mx.On(SmtpPhase.FinalDot, SmtpFault.Reset.After(9).Times(2)),
                13 => mx.On(SmtpPhase.Data, SmtpFault.Reply("451 4.3.0 Local error").After(3).Times(4)),
                14 => mx.On(SmtpPhase.Greeting, SmtpFault.Reply("421 4.3.2 Closing").After(2).Times(3)),
                15 => mx.On(SmtpPhase.Mail, SmtpFault.Drop.After(4).Times(3)),
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

    private static Process Start(string path, string where, int first, int count, int? pages)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? Environment.ProcessPath! : "dotnet") { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (string argument in (string[])
            ["exec", typeof(Victim).Assembly.Location, "victim", path, where, first.ToString(CultureInfo.InvariantCulture), count.ToString(CultureInfo.InvariantCulture), pages?.ToString(CultureInfo.InvariantCulture) ?? "-"])
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

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

    /// <summary>Whose outcome the dead process had not written down: only these may come twice.</summary>
    private async Task<int> NoteInFlightAsync(string path)
    {
        await using var store = new SqliteQueueStore(path);
        using var queue = new MailQueue(store);
        int count = 0;
        QueueId? from = null;
        do
        {
            QueuePage page = await queue.ListAsync(new QueueFilter { State = RecipientState.Delivering }, from, 1000);
            foreach (QueueEntry entry in page.Entries)
            {
                count++;
                if (entry.Tag is { } tag)
                {
                    _inFlight.Add(int.Parse(tag, CultureInfo.InvariantCulture));
                }
                else if (await queue.ReadContentAsync(entry.Id) is { } notice)
                {
                    _inFlight.UnionWith(Named(notice.Octets.Span));
                }
            }

            from = page.Next;
        }
        while (from is not null);
        return count;
    }

    private static int Number(ReceivedMessage message) => int.Parse(Subject().Match(Encoding.ASCII.GetString(message.Content.Span)).Groups[1].Value, CultureInfo.InvariantCulture);

    private static IEnumerable<int> Bounced(ReceivedMessage notice) => Named(notice.Content.Span);

    private static HashSet<int> Named(ReadOnlySpan<byte> notice) => [.. Mailbox().Matches(Encoding.UTF8.GetString(notice)).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];

    [GeneratedRegex(@"^Subject: (\d+)\r$", RegexOptions.Multiline)]
    private static partial Regex Subject();

    [GeneratedRegex(@"\br(\d+)@d(?:ead|\d+)\.test")]
    private static partial Regex Mailbox();
}
