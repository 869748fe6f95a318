using System.Globalization;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Cli.Commands;

/// <summary>Names from the command line.</summary>
internal static class Names
{
    public static DomainName Host(string text, string option) => DomainName.TryParse(text, out DomainName? name)
        ? name
        : throw new UsageException($"{option} '{Printable(text)}' is no host name; write one such as mx1.example.com.");

    public static DomainName Domain(string text) => DomainName.TryParse(text, out DomainName? name)
        ? name
        : throw new UsageException($"'{Printable(text)}' is no domain name; write one such as example.com{(text.Contains('@', StringComparison.Ordinal) ? ", without what stands before the @" : text.Contains('/', StringComparison.Ordinal) ? ", without https:// and path" : "")}.");

    public static EnvelopeAddress Address(string text) => EnvelopeAddress.TryParse(text, out EnvelopeAddress? address)
        ? address
        : throw new UsageException($"'{Printable(text)}' is no mail address; write one such as jane@example.com.");

    public static string Printable(string text) => Clean(text[..Math.Min(text.Length, 100)]);

    /// <summary>A stranger's text without what could forge a screen: control characters, and those that turn the direction of writing or are not seen.</summary>
    public static string Clean(string text) => text.All(c => !IsHarmful(c)) ? text : new string([.. text.Select(c => IsHarmful(c) ? '?' : c)]);

    private static bool IsHarmful(char c) =>
        char.IsControl(c) || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
