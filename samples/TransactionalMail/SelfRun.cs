using System.Net;
using System.Text;
using MtaSts.Delivery;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Queue;
using MtaSts.Delivery.Testing;
using OpenTelemetry.Metrics;

namespace TransactionalMail;

/// <summary>Starts the application in a fake internet, signs users up by HTTP, and looks whether all goes as it must, over a restart too.</summary>
internal static class SelfRun
{
    private const string BadMx = "mx1.bad.test";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private static int _wrong;

    /// <summary>Three domains: one in order, one with a certificate for another host under an enforced policy, and the shop's own, which takes the bounces.</summary>
    public static void Arrange(FakeInternet internet)
    {
        internet.Domain("good.test").Mx(10, "mx1.good.test").Policy(PolicyMode.Enforce, "mx1.good.test");
        internet.MxHost("mx1.good.test").OnRecipient("nobody@good.test", SmtpFault.Reply("550 5.1.1 There is no such user here"));
        internet.Domain("bad.test").Mx(10, BadMx).Policy(PolicyMode.Enforce, BadMx);
        internet.MxHost(BadMx).Certificate(certificate => certificate.Names("mail.elsewhere.test"));
        internet.Domain("shop.example").Mx(10, "mx1.shop.example");
    }

    public static Action<MailDelivererOptions> Delivery(FakeInternet internet) => options =>
    {
        options.EhloName = "mail.shop.example";
        internet.Configure(options);
    };

    public static async Task<int> RunAsync()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        Arrange(internet);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("transactional-mail.");
        try
        {
            MailState deferred = await FirstLifeAsync(internet, folder.FullName);
            await SecondLifeAsync(internet, folder.FullName, deferred);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        Console.WriteLine(_wrong == 0 ? "\nAll went as it must." : $"\n{_wrong} things went wrong.");
        return _wrong == 0 ? 0 : 1;
    }

    private static async Task<MailState> FirstLifeAsync(FakeInternet internet, string folder)
    {
        var metrics = new List<Metric>();
        await using WebApplication application = SignUpApplication.Create("http://127.0.0.1:0", folder, Delivery(internet), internet.Clock, metrics);
        await application.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(application.Urls.Single()) };

        Console.WriteLine("\nFour people sign up, one of them with a slip.");
        long jane = await SignUpAsync(client, "jane@good.test"), joe = await SignUpAsync(client, "joe@bad.test"), nobody = await SignUpAsync(client, "nobody@good.test");
        using HttpResponseMessage slip = await client.PostAsJsonAsync("/signup", new { email = "not an address" });
        Expect(slip.StatusCode == HttpStatusCode.BadRequest, "what is no address is refused at once");

        MailState delivered = await WaitAsync(client, jane, state => state.State == "delivered");
        Show("jane@good.test", delivered);
        Expect(internet.Messages.Any(message => message is { IsTls: true, Host: "mx1.good.test" } && message.Recipients.Contains("jane@good.test")), "Jane's mail went to the good host over TLS");

        MailState deferred = await WaitAsync(client, joe, state => state is { State: "waiting", Status: not null });
        Show("joe@bad.test", deferred);
        Expect(deferred.Status == "4.7.5" && deferred.Explanation!.Contains("mode enforce", StringComparison.Ordinal), "Joe's mail waits, and the policy is named");

        MailState bounced = await WaitAsync(client, nobody, state => state.State == "failed");
        Show("nobody@good.test", bounced);
        ReceivedMessage notice = await WaitForNoticeAsync(internet);
        Console.WriteLine("\nThe bounce that the shop got:");
        string text = Encoding.UTF8.GetString(notice.Content.Span);
        Console.WriteLine(string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Take(24).Select(line => "  | " + line)));
        Expect(notice.ReversePath.Length == 0 && text.Contains("Final-Recipient: rfc822; nobody@good.test", StringComparison.Ordinal) && text.Contains("Status: 5.1.1", StringComparison.Ordinal), "the bounce has the null sender and says what was refused");

        string health = await client.GetStringAsync("/health");
        Console.WriteLine($"\nGET /health: {health}");
        Expect(health.Contains("\"Healthy\"", StringComparison.Ordinal), "the queue is healthy");

        application.Services.GetRequiredService<MeterProvider>().ForceFlush();
        string[] names = [.. metrics.Select(metric => metric.Name).Distinct().Where(name => name.StartsWith("mtasts.", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        Console.WriteLine($"Metrics: {string.Join(", ", names)}");
        Expect(names.Contains("mtasts.delivery.outcomes") && names.Contains("mtasts.queue.messages"), "deliverer and queue are measured");

        Console.WriteLine("\nThe application ends, with Joe's mail in the queue.");
        await application.StopAsync();
        return deferred;
    }

    private static async Task SecondLifeAsync(FakeInternet internet, string folder, MailState deferred)
    {
        await using WebApplication application = SignUpApplication.Create("http://127.0.0.1:0", folder, Delivery(internet), internet.Clock, []);
        await application.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(application.Urls.Single()) };
        IMailQueue queue = application.Services.GetRequiredService<IMailQueue>();
        MailState kept = await WaitAsync(client, deferred.Id, state => state.State == "waiting");
        Expect(kept.Explanation == deferred.Explanation, "the restart lost neither Joe's mail nor why it waits");
        Expect(internet.MxHost(BadMx).Messages.Count == 0, "the bad host got nothing");

        Console.WriteLine("\nbad.test gets its certificate in order, and time goes on.");
        internet.MxHost(BadMx).Certificate(certificate => certificate.Names(BadMx));
        MailState delivered = await WaitAsync(client, deferred.Id, state => state.State == "delivered", async () =>
        {
            // Time stands still while the mail is being tried: a delivery has time limits by the same clock.
            bool isTried = (await queue.CountAsync()).Delivering > 0;
            internet.Clock.Advance(isTried ? TimeSpan.Zero : TimeSpan.FromMinutes(1));
        });
        Show("joe@bad.test", delivered);
        Expect(internet.MxHost(BadMx).Messages is [{ IsTls: true }], "Joe's mail came once, over TLS");
        await application.StopAsync();
    }

    private static async Task<long> SignUpAsync(HttpClient client, string email)
    {
        using HttpResponseMessage answer = await client.PostAsJsonAsync("/signup", new { email });
        var accepted = await answer.Content.ReadFromJsonAsync<Accepted>();
        Console.WriteLine($"POST /signup {email}: {(int)answer.StatusCode}, mail {accepted!.Id}");
        Expect(answer.StatusCode == HttpStatusCode.Accepted && answer.Headers.Location?.OriginalString == $"/mail/{accepted.Id}", $"{email} is taken");
        return accepted.Id;
    }

    /// <summary>Asks until a mail is in a state; gives up after three minutes.</summary>
    private static async Task<MailState> WaitAsync(HttpClient client, long id, Func<MailState, bool> isThere, Func<Task>? meanwhile = null)
    {
        using var patience = new CancellationTokenSource(Patience);
        MailState? state = null;
        while (!patience.IsCancellationRequested)
        {
            using HttpResponseMessage answer = await client.GetAsync($"/mail/{id}", CancellationToken.None);
            state = answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<MailState>(CancellationToken.None) : state;
            if (state is not null && isThere(state))
            {
                return state;
            }

            await (meanwhile?.Invoke() ?? Task.CompletedTask);
            await Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken.None);
        }

        throw new TimeoutException($"Mail {id} did not come to where it must within {Patience}; it is {state?.State ?? "not there"}.");
    }

    private static async Task<ReceivedMessage> WaitForNoticeAsync(FakeInternet internet)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!patience.IsCancellationRequested)
        {
            if (internet.MxHost("mx1.shop.example").Messages is [var notice, ..])
            {
                return notice;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken.None);
        }

        throw new TimeoutException($"No bounce came within {Patience}.");
    }

    private static void Show(string email, MailState state)
    {
        Console.WriteLine($"\n{email}: {state.State}, {state.Status}");
        Console.WriteLine($"  {state.Explanation}");
        if (state.Advice is { Length: > 0 } advice)
        {
            Console.WriteLine($"  → {advice}");
        }
    }

    private static void Expect(bool isSo, string what)
    {
        Console.WriteLine($"  {(isSo ? "ok   " : "WRONG")} {what}");
        _wrong += isSo ? 0 : 1;
    }

    private sealed record Accepted(long Id);
}
