namespace MtaSts.Delivery.Testing.Smtp;

/// <summary>The faults of one phase, in the order in which they take their turns.</summary>
internal sealed class FaultSchedule(string place)
{
    private readonly Lock _gate = new();
    private readonly List<Turn> _turns = [];

    public FaultSchedule Copy()
    {
        var copy = new FaultSchedule(place);
        lock (_gate)
        {
            copy._turns.AddRange(_turns.Select(turn => new Turn(turn.Fault)));
        }

        return copy;
    }

    public void Add(SmtpFault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        lock (_gate)
        {
            if (_turns.Exists(turn => turn.Fault is { Limit: null, Skipped: 0 }))
            {
                throw new InvalidOperationException(
                    $"The turn of a second fault at {place} would never come: the first has no end. Give it one with Times(n), or call Healthy() first.");
            }

            _turns.Add(new Turn(fault));
        }
    }

    /// <summary>The fault that strikes this time, if any.</summary>
    public SmtpFault? Next()
    {
        lock (_gate)
        {
            foreach (Turn turn in _turns)
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
