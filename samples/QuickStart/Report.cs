using MtaSts.Delivery;
using MtaSts.Delivery.Outcomes;

namespace QuickStart;

/// <summary>A result as a table for people.</summary>
internal static class Report
{
    private const int Width = 96;

    public static void Print(DeliveryResult result, bool json)
    {
        if (json)
        {
            Console.WriteLine(result.ToJson());
            return;
        }

        int names = Math.Max(9, result.Outcomes.Max(outcome => outcome.Recipient.ToString().Length));
        Console.WriteLine();
        Console.WriteLine($"{"recipient".PadRight(names)}  outcome    status  TLS");
        Console.WriteLine(new string('-', Width));
        foreach (RecipientOutcome outcome in result.Outcomes)
        {
            Console.WriteLine($"{outcome.Recipient.ToString().PadRight(names)}  {outcome.GetType().Name.ToLowerInvariant(),-9}  {outcome.Status,-6}  {Tls(outcome)}");
            Paragraph(outcome.Explanation);
            if (Advice(outcome) is { } advice)
            {
                Paragraph("→ " + advice);
            }

            Console.WriteLine();
        }
    }

    private static string Tls(RecipientOutcome outcome) => outcome switch
    {
        RecipientOutcome.Delivered { IsVerified: true } => "verified",
        RecipientOutcome.Delivered { IsEncrypted: true } => "encrypted, not verified",
        RecipientOutcome.Delivered => "none",
        _ => "-",
    };

    private static string? Advice(RecipientOutcome outcome) => outcome switch
    {
        RecipientOutcome.Deferred deferred => deferred.Advice,
        RecipientOutcome.Failed failed => failed.Advice,
        _ => null,
    };

    private static void Paragraph(string text)
    {
        const string margin = "    ";
        string line = margin;
        foreach (string word in text.Split(' '))
        {
            if (line.Length + word.Length + 1 > Width && line.Length > margin.Length)
            {
                Console.WriteLine(line);
                line = margin;
            }

            line += (line.Length > margin.Length ? " " : "") + word;
        }

        Console.WriteLine(line);
    }
}
