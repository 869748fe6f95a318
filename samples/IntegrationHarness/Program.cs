using IntegrationHarness;
using Microsoft.Extensions.DependencyInjection;

// A little application that sends mail with a secret in it. What matters is how it is tested: tests/IntegrationHarness.Tests.
if (args is not [var address, var ehloName])
{
    Console.WriteLine("usage: IntegrationHarness ADDRESS EHLO-NAME    sends a sign-up mail for real; without arguments it is only shown");
    Console.WriteLine();
    Console.WriteLine(SignUpMailer.Compose("jane@example.test", "4711"));
    return args.Length == 0 ? 0 : 2;
}

if (!ehloName.Contains('.', StringComparison.Ordinal))
{
    Console.Error.WriteLine($"'{ehloName}' is no full host name; write one such as mail.example.net.");
    return 2;
}

await using ServiceProvider services = new ServiceCollection().AddSignUp(options => options.EhloName = ehloName).BuildServiceProvider();
SignUpState state = await services.GetRequiredService<SignUpMailer>().SignUpAsync(address, Guid.NewGuid().ToString("N"));
Console.WriteLine(state);
return state == SignUpState.CheckYourMailbox ? 0 : 1;
