using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using MtaSts.Delivery.Benchmarks.Load;
using MtaSts.Delivery.Benchmarks.Sinks;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Benchmarks.Stress;

/// <summary>Everything goes wrong at once, and afterwards every message is accounted for on both sides.</summary>
internal sealed class StressDriver
{
    private const int Hosts = 20;
    private const int Domains = 200;
    private const int Changes = 200;

    private readonly StressOptions _options;
    private readonly StressDomain[] _domains;
    private readonly Ledger _ledger;
    private readonly MessageTemplate[] _templates = [new MessageTemplate(700), new MessageTemplate(4096), new MessageTemplate(40_000)];
    private readonly ConcurrentDictionary<(SinkPoint Point, SinkFault Fault), int> _faults = new();
    private readonly ConcurrentBag<StressMessage> _messages = [];

    private StressDriver(StressOptions options)
    {
        _options = options;
        PolicyMode?[] modes = [PolicyMode.Enforce, PolicyMode.Testing, PolicyMode.None, null];
        _domains = [.. Enumerable.Range(0, Domains).Select(d =>
        {
            int[] hosts = [d % Hosts, (d + 1 + (d / Hosts)) % Hosts];
            // Every other one leaves its second host out of its policy.
            return new StressDomain(DomainName.Parse($"d{d}.example"), modes[d / 3 % 4], hosts, d % 2 == 0 ? hosts : hosts[..1]);
        })];
        _ledger = new Ledger(_domains.ToDictionary(domain => domain.Name));
    }

    /// <returns>0 when every message is accounted for, otherwise 1.</returns>
    public static Task<int> RunAsync(StressOptions options) => new StressDriver(options).RunAsync();

    private async Task<int> RunAsync()
    {
        using var trusted = new TestAuthority();
        using var untrusted = new TestAuthority();
        StressHost[] hosts = [.. Enumerable.Range(0, Hosts).Select(number => new StressHost(number, _options.Seed, trusted, untrusted, _ledger, _faults))];
        Array.ForEach(hosts, host => host.Sink.Start());
        long started = Stopwatch.GetTimestamp();
        await using (MailDeliverer deliverer = await CreateDelivererAsync(hosts, trusted))
        {
            await SendAllAsync(deliverer, hosts);
        }

        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        Array.ForEach(hosts, host => host.Dispose());
        // A host may still be at a message whose sender has given up waiting.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (hosts.Any(host => host.Sink.Open > 0) && !patience.IsCancellationRequested)
        {
            await Task.Delay(20, CancellationToken.None);
        }

        Console.WriteLine($"{_options.Messages} messages, {hosts.Sum(host => host.Sink.Count(0).Connections)} connections in {elapsed.TotalSeconds:F1} s, seed {_options.Seed}");
        return Judge();
    }

    private async Task<MailDeliverer> CreateDelivererAsync(StressHost[] hosts, TestAuthority trusted)
    {
        var answers = new KnownAnswers();
        foreach (StressDomain domain in _domains)
        {
            answers.Add(domain.Name, domain.Mode is not null, [.. domain.Hosts.Select(LoadWorld.MxName)]);
        }

        for (int host = 0; host < Hosts; host++)
        {
            answers.Add(LoadWorld.MxName(host), new IPAddress([10, 0, 0, (byte)host]));
        }

        var timeout = TimeSpan.FromSeconds(1);
        var options = new MailDelivererOptions
        {
            EhloName = "client.load.example",
            Certificates = { TrustAnchors = [trusted.Root] },
            Network = { AllowPrivateAddresses = true, UseIPv6 = false, EndPointMap = endPoint => hosts[endPoint.Address.GetAddressBytes()[3]].Sink.EndPoint },
            Tls = { HandshakeTimeout = timeout },
            // Hosts here fail all the time; being left alone as long as in earnest they would see hardly any mail.
            Pool = { BackOff = TimeSpan.FromMilliseconds(20), MaxBackOff = TimeSpan.FromMilliseconds(100), IdleTimeout = TimeSpan.FromSeconds(1), MaxMessagesPerSession = 40, MaxAge = TimeSpan.FromSeconds(5) },
            Sessions =
            {
                GreetingTimeout = timeout, CommandTimeout = timeout, MailTimeout = timeout, RcptTimeout = timeout, DataTimeout = timeout, ContentBlockTimeout = timeout,
                FinalDotTimeout = timeout, QuitTimeout = TimeSpan.FromMilliseconds(200),
            },
        };
        DateTimeOffset fetched = DateTimeOffset.UtcNow.AddHours(-1);
        var store = new MemoryPolicyStore();
        await store.SaveAsync([.. _domains.Where(domain => domain.Mode is not null).Select(domain => domain.ToPolicy(LoadWorld.MxName, fetched))], default);
        return new MailDeliverer(options, resolver: answers, policyStore: store);
    }

    private async Task SendAllAsync(MailDeliverer deliverer, StressHost[] hosts)
    {
        int next = -1;
        int change = Math.Max(1, _options.Messages / Changes);
        await Task.WhenAll(Enumerable.Range(0, _options.Concurrency).Select(_ => Task.Run(async () =>
        {
            byte[][] contents = [.. _templates.Select(template => template.Copy())];
            for (int i = Interlocked.Increment(ref next); i < _options.Messages; i = Interlocked.Increment(ref next))
            {
                Random random = Chance.For(_options.Seed, Hosts, i);
                if (i % change == 0)
                {
                    // Half of them are good at any time.
                    hosts[random.Next(Hosts)].State = random.Next(2) == 0 ? HostState.Good : (HostState)random.Next(1, 5);
                }

                if (i > 0 && i % 10_000 == 0)
                {
                    Console.WriteLine($"{i} messages");
                }

                await SendAsync(deliverer, contents, i, random);
            }
        })));
    }

    private async Task SendAsync(MailDeliverer deliverer, byte[][] contents, int id, Random random)
    {
        int size = random.Next(contents.Length);
        _templates[size].Patch(contents[size], id);
        int domain = random.Next(Domains);
        string[] recipients = random.Next(10) switch
        {
            < 6 => [$"jane@{_domains[domain].Name}"],
            < 8 => [$"jane@{_domains[domain].Name}", $"joe@{_domains[domain].Name}"],
            _ => [$"jane@{_domains[domain].Name}", $"joe@{_domains[(domain + Hosts) % Domains].Name}", $"jim@{_domains[(domain + 7) % Domains].Name}"],
        };
        using CancellationTokenSource? cancellation = random.Next(50) == 0 ? new CancellationTokenSource(TimeSpan.FromMilliseconds(random.Next(100))) : null;
        try
        {
            DeliveryResult result = await deliverer.DeliverAsync(
                MessageContent.From(contents[size].AsMemory()), new Envelope("noreply@client.load.example", recipients), cancellation?.Token ?? CancellationToken.None);
            _messages.Add(new StressMessage(id, result, false));
        }
        catch (DeliveryCanceledException cancelled)
        {
            _messages.Add(new StressMessage(id, cancelled.Result, true));
        }
        catch (Exception failure)
        {
            // Whatever it is, no exception was due; the others go on.
            _ledger.Violations.Enqueue($"message {id}: {failure}");
        }
    }

    private int Judge()
    {
        var classes = new SortedDictionary<string, (int Recipients, int Accepted, int Cancelled)>(StringComparer.Ordinal);
        var codes = new SortedDictionary<FailureCode, int>();
        long reported = 0;
        foreach ((long id, DeliveryResult result, bool isCancelled) in _messages)
        {
            foreach (RecipientOutcome outcome in result.Outcomes)
            {
                int accepted = _ledger.AcceptedFor(id, outcome.Recipient.ToString());
                reported += accepted;
                (string name, int least, int most) = outcome switch
                {
                    RecipientOutcome.Delivered => ("delivered", 1, 1),
                    RecipientOutcome.Deferred { MayHaveBeenDelivered: true } => ("deferred, may have been delivered", 0, 1),
                    RecipientOutcome.Deferred => ("deferred", 0, 0),
                    RecipientOutcome.Failed => ("failed", 0, 0),
                    _ => throw new UnreachableException(),
                };
                FailureCode? code = (outcome as RecipientOutcome.Deferred)?.Failure ?? (outcome as RecipientOutcome.Failed)?.Failure;
                if (accepted < least || accepted > most || code == FailureCode.InternalError)
                {
                    _ledger.Violations.Enqueue($"message {id} for {outcome.Recipient}: {name}, and accepted {accepted} times: {outcome.Explanation}");
                }

                (int recipients, int sum, int cancelled) = classes.GetValueOrDefault(name);
                classes[name] = (recipients + 1, sum + accepted, cancelled + (isCancelled ? 1 : 0));
                if (code is { } known)
                {
                    codes[known] = codes.GetValueOrDefault(known) + 1;
                }
            }
        }

        if (_messages.Count != _options.Messages || reported != _ledger.Total)
        {
            _ledger.Violations.Enqueue($"{_messages.Count} messages have a result, and {reported} of {_ledger.Total} acceptances belong to one");
        }

        Print(classes, codes);
        bool showsEnough = classes.Count == 4 && classes["delivered"].Recipients > _options.Messages / 3 && Enum.GetValues<HostState>().All(state => _ledger.Under(state) > 0);
        if (!showsEnough)
        {
            Console.WriteLine("The run shows too little: each class and each state of a host must occur, and a good part must be delivered. Give it more messages.");
        }

        return _ledger.Violations.IsEmpty && showsEnough ? 0 : 1;
    }

    private void Print(SortedDictionary<string, (int Recipients, int Accepted, int Cancelled)> classes, SortedDictionary<FailureCode, int> codes)
    {
        Console.WriteLine();
        Console.WriteLine("| reported | recipients | accepted by a host | cancelled by the caller |");
        Console.WriteLine("|---|---|---|---|");
        foreach ((string name, (int recipients, int accepted, int cancelled)) in classes)
        {
            Console.WriteLine($"| {name} | {recipients} | {accepted} | {cancelled} |");
        }

        Console.WriteLine();
        Console.WriteLine("not delivered: " + string.Join(", ", codes.Select(code => $"{code.Key} {code.Value}")));
        Console.WriteLine("transactions accepted under: " + string.Join(", ", Enum.GetValues<HostState>().Select(state => $"{state} {_ledger.Under(state)}")));
        Console.WriteLine("went wrong on purpose: " + string.Join("; ", _faults.GroupBy(one => one.Key.Point).OrderBy(group => group.Key).Select(group =>
            $"{group.Key}: {string.Join(", ", group.OrderBy(one => one.Key.Fault).Select(one => $"{one.Key.Fault} {one.Value}"))}")));
        Console.WriteLine();
        foreach (string violation in _ledger.Violations.Take(20))
        {
            Console.WriteLine(violation);
        }

        Console.WriteLine($"{_ledger.Violations.Count} violations");
    }
}
