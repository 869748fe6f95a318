namespace MtaSts.Delivery.Cli.Output;

/// <summary>One line on the terminal's standard error that says how far things are, once they have taken a second.</summary>
internal sealed class ProgressLine : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(200);

    private readonly TextWriter _error;
    private readonly Func<string> _text;
    private readonly Lock _gate = new();
    private readonly ITimer? _timer;
    private bool _shown;
    private bool _ended;

    public ProgressLine(Surroundings around, Func<string> text)
    {
        _error = around.Error;
        _text = text;
        _timer = around.ShowsProgress ? around.Clock.CreateTimer(_ => Show(), null, Patience, Beat) : null;
    }

    /// <summary>Takes the line away while something is printed.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            if (_shown)
            {
                _error.Write("\r\u001B[K");
                _shown = false;
            }
        }
    }

    public void Dispose()
    {
        _timer?.Dispose();
        lock (_gate)
        {
            _ended = true;
        }

        Clear();
    }

    private void Show()
    {
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            _shown = true;
            try
            {
                _error.Write("\r\u001B[K" + _text());
            }
            catch (IOException)
            {
                // Nobody looks any more.
                _ended = true;
            }
        }
    }
}
