using MtaSts.Delivery.Cli;

return await Tool.RunInProcessAsync(args).ConfigureAwait(false);
