// More than there are cores: most of their time these tests wait for other processes.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
