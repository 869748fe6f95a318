namespace CustomRelay;

/// <summary>How a line from the client ended.</summary>
internal enum LineEnd
{
    /// <summary>With CRLF, as it must.</summary>
    Proper,

    /// <summary>With CRLF, but it is longer than it may be; what is too much of it is not kept.</summary>
    TooLong,

    /// <summary>There is a CR without LF, or an LF without CR, in it: two servers could read it in two ways, which is how messages are smuggled.</summary>
    Bare,

    /// <summary>The client has gone.</summary>
    Gone,
}
