namespace MtaSts.Delivery.Testing.Smtp;

/// <summary>The faults of one phase, in the order in which they take their turns.</summary>
internal sealed class FaultSchedule(string place)
{
    private readonly Lock gate = new();
    private readonly List<Turn> turns = [];

    public FaultSchedule Copy()
    {
        var copy = new FaultSchedule(place);
        lock (gate)
        {
            copy.turns.AddRange(turns.Select(turn => new Turn(turn.Fault)));
        }

        return copy;
    }

    public void Add(SmtpFault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        lock (gate)
        {
            if (turns.Exists(turn => turn.Fault is { Limit: null, Skipped: 0 }))
            {
                throw new InvalidOperationException(
                    $"The turn of a second fault at {place} would never come: the first has no end. Give it one with Times(n), or call Healthy() first.");
            }

            turns.Add(new Turn(fault));
        }
    }

    /// <summary>The fault that strikes this time, if any.</summary>
    public SmtpFault? Next()
    {
        lock (gate)
        {
            foreach (Turn turn in turns)
            {
                if (turn.IsUsedUp)
                {
                    continue;
                }

                if (turn.Seen++ >= turn.Fault.Skipped)
                {
                    return turn.Fault;
                }
            }

            return null;
        }
    }

    private sealed class Turn(SmtpFault fault)
    {
        public SmtpFault Fault => fault;

        public int Seen { get; set; }

        public bool IsUsedUp => fault.Limit is { } limit && Seen >= fault.Skipped + limit;
    }
}
