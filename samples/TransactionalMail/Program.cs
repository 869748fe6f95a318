using MtaSts.Delivery.Testing;
using TransactionalMail;

// A sign-up page that answers as soon as the mail is safe, and a queue that delivers it by the recipients' policies.
switch (args)
{
    case []:
        return await SelfRun.RunAsync();

    case ["--serve"]:
        // For a person, with a fake internet: good.test, bad.test and nowhere.test take mail, or do not.
        await using (FakeInternet internet = await FakeInternet.StartAsync())
        {
            SelfRun.Arrange(internet);
            // From the kit's own moment to the present, so that what a person reads is true; certificates are made afterwards.
            internet.Clock.Advance(DateTimeOffset.UtcNow - internet.Clock.GetUtcNow());
            DirectoryInfo folder = Directory.CreateTempSubdirectory("transactional-mail.");
            await using WebApplication application = SignUpApplication.Create("http://127.0.0.1:5080", folder.FullName, SelfRun.Delivery(internet), internet.Clock);
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(application.Lifetime.ApplicationStopping);
            Task passing = PassTimeAsync(internet, ended.Token);
            Console.WriteLine($$"""
                Mail lies in {{folder.FullName}}. Try, in another window:
                  curl -i http://127.0.0.1:5080/signup -H 'Content-Type: application/json' -d '{"email":"jane@bad.test"}'
                  curl http://127.0.0.1:5080/mail/1
                  curl http://127.0.0.1:5080/health
                  mta-sts queue list --store {{folder.FullName}}/queue.db
                """);
            await application.RunAsync();
            await passing;
            return 0;
        }

    case ["--serve", "--ehlo", var name]:
        // For real: this host's full name, and port 25 outwards.
        Directory.CreateDirectory("mail");
        await using (WebApplication real = SignUpApplication.Create("http://127.0.0.1:5080", "mail", options => options.EhloName = name))
        {
            await real.RunAsync();
            return 0;
        }

    default:
        Console.Error.WriteLine("usage: TransactionalMail [--serve [--ehlo mail.example.com]]    without arguments it shows itself and ends");
        return 2;
}

// The fake internet's clock stands still unless somebody moves it.
static async Task PassTimeAsync(FakeInternet internet, CancellationToken cancellationToken)
{
    var second = TimeSpan.FromSeconds(1);
    using var timer = new PeriodicTimer(second);
    try
    {
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            internet.Clock.Advance(second);
        }
    }
    catch (OperationCanceledException)
    {
        // The application ends.
    }
}
