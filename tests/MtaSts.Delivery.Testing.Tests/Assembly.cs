using NUnit.Framework;

// Each test has an internet of its own, so nothing keeps them from running side by side.
[assembly: Parallelizable(ParallelScope.All)]
[assembly: FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
