using System.CommandLine;
using MtaSts.Delivery.Cli.Output;
using MtaSts.Delivery.Findings;

namespace MtaSts.Delivery.Cli.Commands;

/// <summary><c>finding</c>: what a code means.</summary>
internal static class FindingCommand
{
    public static Command Create(Surroundings around)
    {
        var codes = new Argument<string[]>("CODE") { Description = "Codes such as record.id-invalid; all unless given.", Arity = ArgumentArity.ZeroOrMore, HelpName = "CODE" };
        codes.CompletionSources.Add(_ => FindingTable.Rows.Select(row => new System.CommandLine.Completions.CompletionItem(row.Code)));
        Option<bool> json = Common.JsonOption();
        var command = new Command("finding", "Explains finding codes: meaning, effect on mail, remedy.") { codes, json };
        command.SetAction(parsed =>
        {
            string[] wanted = parsed.GetValue(codes)!;
            IPaper paper = Common.Paper(around);
            foreach (FindingRow row in wanted.Length == 0 ? FindingTable.Rows : [.. wanted.Select(Find)])
            {
                if (parsed.GetValue(json))
                {
                    around.Out.WriteLine(Json.Write(new FindingRowLine(row.Code, FindingText.Word(row.Severity), row.Meaning, row.Effect, row.Remedy, row.Reference), Json.Lines.FindingRowLine));
                    continue;
                }

                paper.Line((row.Code, Tone.Strong), ("  " + FindingText.Word(row.Severity), FindingText.ToneOf(row.Severity)), ("  " + row.Reference, Tone.Quiet));
                paper.Paragraph(2, row.Meaning);
                paper.Paragraph(2, row.Effect, Tone.Quiet);
                paper.Paragraph(2, "→ " + row.Remedy, Tone.Strong);
            }

            return ExitCode.Good;
        });
        return command;
    }

    private static FindingRow Find(string code) => FindingTable.Rows.FirstOrDefault(row => row.Code == code)
        ?? throw new UsageException($"There is no finding '{Names.Printable(code)}'; {(Usage.Nearest(code, FindingTable.Rows.Select(row => row.Code)) is { } meant ? $"did you mean {meant}?" : "'mta-sts finding' lists all.")}");
}
