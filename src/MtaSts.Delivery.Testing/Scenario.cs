using System.Collections.Immutable;

namespace MtaSts.Delivery.Testing;

/// <summary>Something that a sender meets on the internet, by name, and what a correct sender makes of it. <see cref="Scenarios"/> has them all.</summary>
/// <remarks>
/// A run is a fresh <see cref="FakeInternet"/> and one sender, and each of <see cref="Steps"/> in turn:
/// <see cref="ScenarioStep.Begin"/>, one delivery, <see cref="ScenarioWatch.Complaints()"/>.
/// </remarks>
public sealed class Scenario
{
    private readonly ImmutableArray<ScenarioStep> _steps;

    internal Scenario(string name, ScenarioCategory category, string source, string summary, ImmutableArray<ScenarioStep> steps)
    {
        Name = name;
        Category = category;
        Source = source;
        Summary = summary;
        _steps = steps;
    }

    /// <summary>The name, which is that of its property in <see cref="Scenarios"/>.</summary>
    public string Name { get; }

    /// <summary>What it is about.</summary>
    public ScenarioCategory Category { get; }

    /// <summary>Where it is written what a sender must do, such as <c>RFC 8461 §5</c>.</summary>
    public string Source { get; }

    /// <summary>What is so on this internet, in a sentence.</summary>
    public string Summary { get; }

    /// <summary>The deliveries, one after the other, over the same internet and by the same sender.</summary>
    public IReadOnlyList<ScenarioStep> Steps => _steps;

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    /// <summary>The same with one more delivery.</summary>
    internal Scenario Then(string change, Action<FakeInternet> arrange, ScenarioStep expected) =>
        new(Name, Category, Source, Summary, _steps.Add(expected.Arranged(change, arrange)));
}
